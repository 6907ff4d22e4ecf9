"""One stopped OSD behind findings of many hosts, as an audit tells it."""

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Cause, Finding, Severity
from nornir_hygiene.models.run import AuditReport, HostReport
from tests.history.stories import audit, finding, host

OSD = "ceph-osd osd.1 on ceph-2"


def hung(name: str, severity: Severity = Severity.CRITICAL, behind: str = OSD) -> Finding:
    own = Cause(name=behind, established=True, because="the oldest request waits for it")
    return finding(name, severity=severity).model_copy(update={"cause": own, "restores": "continue the OSD"})


def stopped_osd(found: tuple[Finding, ...], name: str = OSD) -> FleetCause:
    return FleetCause(
        sort="osd",
        name=name,
        sick="stopped",
        established=True,
        because="its process is in T; 3 clients wait for it",
        host="ceph-2",
        osd=1,
        hosts=tuple(one.host for one in found),
        fingerprints=tuple(one.fingerprint for one in found),
        restores="Continue the process (SIGCONT).",
    )


def osd_audit(
    minute: float,
    count: int,
    *others: HostReport,
    severity: Severity = Severity.CRITICAL,
    fleet: int = 0,
    name: str = OSD,
) -> AuditReport:
    """`count` of `fleet` hosts hang behind it; the rest are clean."""
    found = tuple(hung(f"w{number:03}", severity, name) for number in range(count))
    clean = tuple(host(f"w{number:03}") for number in range(count, fleet))
    report = audit(minute, *(host(one.host, one) for one in found), *clean, *others)
    return report.model_copy(update={"causes": (stopped_osd(found, name),)}) if found else report
