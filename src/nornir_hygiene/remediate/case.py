"""One problem a runbook could work on, as one audit saw it: a finding, or a cause with its findings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.plan import SeenBefore
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.runbook import Place, Runbook


@dataclass(frozen=True)
class Case:
    """`host` is where the steps are done, `admin` where the cluster is asked; both may be unknown (empty).

    `before`: the earlier audit that saw it as well, where the runbook asks for one.
    """

    report: AuditReport
    findings: tuple[Finding, ...]
    cause: FleetCause | None
    host: str
    admin: str = ""
    before: SeenBefore | None = None

    @property
    def key(self) -> str:
        """The same for the same problem in another audit."""
        return self.cause.name if self.cause else self.findings[0].fingerprint

    @property
    def about(self) -> str:
        """For people."""
        return self.cause.name if self.cause else f"{self.findings[0].kind} on {self.findings[0].subject}"

    @property
    def sufferers(self) -> tuple[str, ...]:
        """The hosts of the findings."""
        return tuple(sorted({finding.host for finding in self.findings}))

    @property
    def gaps(self) -> tuple[str, ...]:
        """What could not be seen of the sufferers."""
        hosts = (host for host in self.report.hosts if host.host in self.sufferers)
        return tuple(sorted({f"{host.host}: {gap.section}" for host in hosts for gap in host.gaps}))

    @property
    def subjects(self) -> tuple[str, ...]:
        """What has the problem."""
        return tuple(sorted({str(finding.subject) for finding in self.findings}))

    @property
    def others(self) -> tuple[str, ...]:
        """Findings of the same kinds or subjects on the same hosts that this case is not about."""
        kinds, own = {finding.kind for finding in self.findings}, {finding.fingerprint for finding in self.findings}
        hosts = (host for host in self.report.hosts if host.host in self.sufferers)
        alike = (
            finding.fingerprint
            for host in hosts
            for finding in host.findings
            if finding.kind in kinds or str(finding.subject) in self.subjects
        )
        return tuple(sorted(set(alike) - own))

    @property
    def processes(self) -> tuple[ProcessIdentity, ...]:
        """Whom the findings show, as far as they are identified; the oldest first."""
        tasks = (task for finding in self.findings for task in finding.evidence.tasks)
        found = {task.identity for task in tasks if task.identity}
        return tuple(sorted(found, key=lambda process: (process.start_ticks, process.pid)))

    @property
    def seen_twice(self) -> tuple[ProcessIdentity, ...]:
        """Those of them that the earlier audit saw as well."""
        earlier = set(self.before.processes) if self.before else set()
        return tuple(process for process in self.processes if process in earlier)

    @property
    def kubernetes(self) -> str:
        """The host with kubectl for the sufferers' cluster; empty where none or more than one is named."""
        named = {host.kubernetes_admin for host in self.report.hosts if host.host in self.sufferers}
        return named.pop() if len(named) == 1 else ""

    def place(self, at: Place) -> str:
        """The host a step is done on; empty if nobody knows."""
        return {"target": self.host, "admin": self.admin, "kubernetes": self.kubernetes}[at]

    def host_report(self, name: str) -> HostReport | None:
        """What was seen of one host."""
        return next((host for host in self.report.hosts if host.host == name), None)


def cases(runbook: Runbook, report: AuditReport) -> tuple[Case, ...]:
    """All that the runbook is for and that is not suppressed, in a stable order."""
    return tuple(_per_cause(runbook, report) if runbook.per == "cause" else _per_finding(runbook, report))


def left_out(runbook: Runbook, report: AuditReport) -> tuple[Finding, ...]:
    """What the runbook would be for, were it not suppressed."""
    suppressed = [finding for finding in _findings(runbook, report) if finding.suppressed]
    if runbook.per == "cause":
        behind = {print_ for cause in report.causes if _is_for(runbook, cause) for print_ in cause.fingerprints}
        suppressed = [finding for finding in suppressed if finding.fingerprint in behind]
    return tuple(suppressed)


def _findings(runbook: Runbook, report: AuditReport) -> Iterator[Finding]:
    for host in report.hosts:
        yield from (finding for finding in host.findings if finding.kind in runbook.handles.kinds)


def _to_work_on(runbook: Runbook, report: AuditReport) -> Iterator[Finding]:
    """What a team has decided to leave as it is, is left."""
    return (finding for finding in _findings(runbook, report) if not finding.suppressed)


def _per_finding(runbook: Runbook, report: AuditReport) -> Iterator[Case]:
    for finding in _to_work_on(runbook, report):
        yield Case(report, (finding,), None, finding.host, _admin_behind(report, finding))


def _admin_behind(report: AuditReport, finding: Finding) -> str:
    """Where the cluster is asked that something on its host waits for; empty where nothing does, or nobody answered."""
    return next((cause.admin for cause in report.causes if cause.admin and finding.host in cause.hosts), "")


def _per_cause(runbook: Runbook, report: AuditReport) -> Iterator[Case]:
    handled = {finding.fingerprint: finding for finding in _to_work_on(runbook, report)}
    for cause in report.causes:
        findings = tuple(handled[print_] for print_ in cause.fingerprints if print_ in handled)
        if findings and _is_for(runbook, cause):
            yield Case(report, findings, cause, cause.host, cause.admin)


def _is_for(runbook: Runbook, cause: FleetCause) -> bool:
    """Also what is not established, of whatever sort: a plan says why nothing is done about it."""
    handles = runbook.handles
    if not cause.established:
        return True
    return (not handles.sort or cause.sort in handles.sort) and (not handles.sick or cause.sick in handles.sick)


def same_case(
    runbook: Runbook, report: AuditReport, keys: Iterable[str], before: SeenBefore | None = None
) -> Case | None:
    """The case of an earlier audit in this one. `before`: what was planned with it."""
    wanted = set(keys)
    return next((replace(case, before=before) for case in cases(runbook, report) if case.key in wanted), None)
