"""The second round: a cluster behind findings is asked on its own hosts; then one cause is found for many hosts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from nornir.core.inventory import Host, Inventory
from nornir.core.task import Result, Task

from nornir_hygiene.collect.cluster import cluster_request, read_cluster_answer, unasked
from nornir_hygiene.diagnose.correlate import correlate, needs_cluster
from nornir_hygiene.diagnose.shared_kernels import shared_kernels
from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import Deadline, host_deadline
from nornir_hygiene.fleet.execute import exchange
from nornir_hygiene.fleet.observe import DEFAULT_TIMEOUT_S
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import nornir_for, settings_for
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.finding import Cause, Finding
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import ClusterRecording, HostReport

Keep = Callable[[ClusterRecording], None]

# How many hosts are asked for the cluster's map at first: each of them may be the one that does not reach a monitor.
MAPS_ASKED = 3


def hosts_to_ask(inventory: Inventory, reports: Iterable[HostReport]) -> tuple[str, ...]:
    """The hosts of the groups that hung hosts name as their cluster's, in or out of the selection; often none.

    `inventory` is the whole one. Raises nothing: a group that does not exist has no hosts.
    """
    hung = [report.host for report in reports if any(map(needs_cluster, report.findings))]
    wanted = {settings_for(inventory.hosts[host]).cluster_group for host in hung if host in inventory.hosts}
    known = wanted & inventory.groups.keys()
    return tuple(sorted(name for name, host in inventory.hosts.items() if any(map(host.has_parent_group, known))))


def ask_cluster(
    inventory: Inventory,
    names: Iterable[str],
    reports: Iterable[HostReport],
    runner: DeadlineRunner,
    keep: Keep | None = None,
) -> tuple[ClusterView, ...]:
    """One view per host. Who was not reached in the first round is not waited for a second time.

    A few hosts are asked for the map of their cluster; where all of these are silent, one more that reached a monitor.
    `keep` is given every raw answer, from any thread.
    """
    wanted = set(names)
    said: dict[str, ClusterView | NotObserved] = {
        report.host: report.not_observed for report in reports if report.not_observed and report.host in wanted
    }
    asked = sorted(wanted - said.keys())
    came = _asked_of(inventory, asked, frozenset(asked[:MAPS_ASKED]), runner, keep)
    without_map = () if runner.interrupted else _one_per_unknown_map(came.values())
    again = _asked_of(inventory, without_map, frozenset(without_map), runner, keep)
    came |= {host: view for host, view in again.items() if isinstance(view, ClusterView) and view.answered}
    said |= came
    return tuple(_view(host, said[host]) for host in sorted(said))


def _asked_of(
    inventory: Inventory, names: Sequence[str], for_map: frozenset[str], runner: DeadlineRunner, keep: Keep | None
) -> dict[str, ClusterView | NotObserved]:
    if not names:
        return {}
    among = frozenset(names)
    chosen = inventory.filter(filter_func=lambda host, **_: host.name in among)
    results = nornir_for(chosen).with_runner(runner).run(task=_view_cluster, for_map=for_map, keep=keep)
    return {host: result[0].result for host, result in results.items()}


def _one_per_unknown_map(said: Iterable[ClusterView | NotObserved]) -> tuple[str, ...]:
    """Of each cluster whose monitors answered and whose map nobody brought, the first host that reached them."""
    answered = sorted(
        (view for view in said if isinstance(view, ClusterView) and view.answered), key=lambda one: one.host
    )
    known = {view.fsid for view in answered if view.osds}
    first = {view.fsid: view.host for view in reversed(answered) if view.fsid not in known}
    return tuple(sorted(first.values()))


def _view(host: str, said: ClusterView | NotObserved) -> ClusterView:
    if isinstance(said, ClusterView):
        return said
    return view_of(ClusterRecording(host=host, taken_at=datetime.now(UTC), not_observed=said))


def _view_cluster(task: Task, for_map: frozenset[str], keep: Keep | None) -> Result:
    return Result(host=task.host, result=view_cluster(task.host, whole_map=task.host.name in for_map, keep=keep))


def view_cluster(host: Host, *, whole_map: bool, keep: Keep | None = None) -> ClusterView | NotObserved:
    """What one host of a cluster says, within the current deadline. Never raises."""
    with host_deadline(DEFAULT_TIMEOUT_S) as deadline:
        return observed_or_why(lambda: _asked(host, deadline, whole_map=whole_map, keep=keep), deadline)


def _asked(host: Host, deadline: Deadline, *, whole_map: bool, keep: Keep | None) -> ClusterView:
    settings = settings_for(host)
    request = cluster_request(settings, deadline.remaining_s, whole_map=whole_map)
    answer = exchange(host, settings, request, deadline)
    deadline.phase = "parse"
    recording = ClusterRecording(
        host=host.name,
        taken_at=datetime.now(UTC),
        nonce=request.nonce,
        answer=answer,
        aged_after_s=settings.thresholds.blocked_warning_s,
    )
    if keep:
        keep(recording)
    return view_of(recording)


def view_of(recording: ClusterRecording) -> ClusterView:
    """What the bytes say, today as on the day they were sent."""
    if recording.not_observed:
        return unasked(ClusterView(host=recording.host, taken_at=recording.taken_at), recording.not_observed)
    assert recording.answer is not None  # noqa: S101  # the model lets one of both through
    return read_cluster_answer(
        recording.answer, recording.nonce, recording.host, recording.aged_after_s, recording.taken_at
    )


def causes_of(reports: Iterable[HostReport], views: Iterable[ClusterView]) -> tuple[FleetCause, ...]:
    """All findings of the run, and what the clusters said, put together."""
    known = tuple(reports)
    causes = correlate((finding for report in known for finding in report.findings), views)
    return (*causes, *shared_kernels(known))


def explained(reports: Iterable[HostReport], causes: Iterable[FleetCause]) -> tuple[HostReport, ...]:
    """Copies of the reports whose findings name the cause that was found elsewhere. No fingerprint changes."""
    by_finding = {print_: cause for cause in causes if cause.sort != "kernel" for print_ in cause.fingerprints}
    return tuple(_explained(report, by_finding) for report in reports)


def _explained(report: HostReport, by_finding: dict[str, FleetCause]) -> HostReport:
    if not any(finding.fingerprint in by_finding for finding in report.findings):
        return report
    findings = tuple(_with_cause(finding, by_finding.get(finding.fingerprint)) for finding in report.findings)
    return report.model_copy(update={"findings": findings})


def _with_cause(finding: Finding, cause: FleetCause | None) -> Finding:
    if cause is None:
        return finding
    if not cause.established:
        known = finding.cause.model_copy(update={"missing": cause.why_not})
        return finding.model_copy(update={"cause": known})
    told = Cause(
        name=cause.name, established=True, because=f"{finding.cause.name}: {finding.cause.because}; {cause.because}"
    )
    return finding.model_copy(update={"cause": told, "restores": cause.restores or finding.restores})
