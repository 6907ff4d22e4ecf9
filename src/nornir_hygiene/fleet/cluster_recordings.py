"""The second round of a recording: who would have been asked in an audit is asked, and every raw answer is kept."""

from collections.abc import Iterable

from nornir.core.inventory import Inventory

from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.causes import ask_cluster, view_of
from nornir_hygiene.fleet.replay import seen_in
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import ClusterRecording, HostReport, Recording


def judged_recording(host: str, recorded: Recording | NotObserved) -> HostReport:
    """What an audit would have said of this host at that moment."""
    if isinstance(recorded, NotObserved):
        return HostReport(host=host, not_observed=recorded)
    return judged(host, seen_in(recorded))


def record_cluster(
    inventory: Inventory, names: Iterable[str], reports: Iterable[HostReport], runner: DeadlineRunner
) -> tuple[ClusterRecording, ...]:
    """One per host, in the order of the names, also of those that gave no answer."""
    kept: list[ClusterRecording] = []
    views = ask_cluster(inventory, names, reports, runner, kept.append)
    return tuple(_recording(view, [one for one in kept if one.host == view.host]) for view in views)


def _recording(view: ClusterView, kept: list[ClusterRecording]) -> ClusterRecording:
    """Who was asked twice: the answer the audit goes by. The moments differ, so its view is the only equal one."""
    same = [one for one in kept if view_of(one) == view]
    return (
        same[-1] if same else ClusterRecording(host=view.host, taken_at=view.taken_at, not_observed=view.not_observed)
    )
