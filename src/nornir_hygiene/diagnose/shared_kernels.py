"""Hosts that have a kind of hang in common, and a kernel that no healthy host runs. Pure.

A hint for people with several kernels on one fleet, and never more: hosts of one kernel are mostly hosts of one age,
with one workload. So it is told beside the findings, is never established, and changes none of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.run import HostReport

# Hangs that a kernel by itself can make. Where something else is known to be sick, that is the cause.
_KINDS = frozenset({"blocked-task", "io-hang", "umount-hang", "proc-read-hang", "zombie-thread-blocked"})
# With fewer on either side the same pattern is an accident too often.
_MIN_HOSTS = 3


def shared_kernels(reports: Iterable[HostReport]) -> list[FleetCause]:
    """One hint for each kind whose hosts all run one kernel, if most hosts with that kernel have it, others never."""
    seen = [report for report in reports if report.facts is not None]
    kernels = {report.host: report.facts.kernel for report in seen if report.facts}
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in (finding for report in seen for finding in report.findings):
        if finding.kind in _KINDS and not finding.cause.established:
            groups[finding.kind].append(finding)
    return [_hint(kind, groups[kind], kernels) for kind in sorted(groups) if _tells(groups[kind], kernels)]


def _tells(findings: list[Finding], kernels: Mapping[str, str]) -> bool:
    sick = {finding.host for finding in findings}
    theirs = {kernels[host] for host in sick}
    healthy = kernels.keys() - sick
    same = sum(kernels[host] in theirs for host in healthy)
    return len(theirs) == 1 and len(sick) >= _MIN_HOSTS and same < len(sick) and len(healthy) - same >= _MIN_HOSTS


def _hint(kind: str, findings: list[Finding], kernels: Mapping[str, str]) -> FleetCause:
    sick = sorted({finding.host for finding in findings})
    kernel = kernels[sick[0]]
    same = sum(version == kernel for version in kernels.values()) - len(sick)
    others = sum(version != kernel for version in kernels.values())
    return FleetCause(
        sort="kernel",
        name=f"kernel {kernel}",
        sick="unknown",
        established=False,
        because=f"{kind} on {len(sick)} hosts, all with this kernel; on none of {others} hosts with another one"
        + (f" ({same} with this kernel are free of it)" if same else ""),
        missing="what else these hosts have in common: a kernel shared is a hint, no proof",
        hosts=tuple(sick),
        fingerprints=tuple(sorted({finding.fingerprint for finding in findings})),
    )
