"""The second round: a cluster behind findings is asked on its own hosts; then one cause is found for many hosts."""

from collections.abc import Iterable
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
from nornir_hygiene.models.run import HostReport


def hosts_to_ask(inventory: Inventory, reports: Iterable[HostReport]) -> tuple[str, ...]:
    """The hosts of the groups that hung hosts name as their cluster's, in or out of the selection; often none.

    `inventory` is the whole one. Raises nothing: a group that does not exist has no hosts.
    """
    hung = [report.host for report in reports if any(map(needs_cluster, report.findings))]
    wanted = {settings_for(inventory.hosts[host]).cluster_group for host in hung if host in inventory.hosts}
    known = wanted & inventory.groups.keys()
    return tuple(sorted(name for name, host in inventory.hosts.items() if any(map(host.has_parent_group, known))))


def ask_cluster(
    inventory: Inventory, names: Iterable[str], reports: Iterable[HostReport], runner: DeadlineRunner
) -> tuple[ClusterView, ...]:
    """One view per host. Who was not reached in the first round is not waited for a second time."""
    wanted = set(names)
    said = {report.host: report.not_observed for report in reports if report.not_observed and report.host in wanted}
    asked = wanted - said.keys()
    chosen = inventory.filter(filter_func=lambda host, **_: host.name in asked)
    results = nornir_for(chosen).with_runner(runner).run(task=_view_cluster) if asked else {}
    said |= {host: result[0].result for host, result in results.items()}
    return tuple(_view(host, said[host]) for host in sorted(said))


def _view(host: str, said: ClusterView | NotObserved) -> ClusterView:
    if isinstance(said, ClusterView):
        return said
    return unasked(ClusterView(host=host, taken_at=datetime.now(UTC)), said)


def _view_cluster(task: Task) -> Result:
    return Result(host=task.host, result=view_cluster(task.host))


def view_cluster(host: Host) -> ClusterView | NotObserved:
    """What one host of a cluster says, within the current deadline. Never raises."""
    with host_deadline(DEFAULT_TIMEOUT_S) as deadline:
        return observed_or_why(lambda: _asked(host, deadline), deadline)


def _asked(host: Host, deadline: Deadline) -> ClusterView:
    settings = settings_for(host)
    request = cluster_request(settings, deadline.remaining_s)
    answer = exchange(host, settings, request, deadline)
    deadline.phase = "parse"
    return read_cluster_answer(answer, request.nonce, host.name, settings.thresholds.blocked_warning_s)


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
