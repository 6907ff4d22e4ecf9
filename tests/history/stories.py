"""Audits of a small fleet, told minute by minute."""

from datetime import UTC, datetime, timedelta

from nornir_hygiene.models.census import Census, LimitUse, OwnerCounts
from nornir_hygiene.models.finding import Cause, Evidence, Finding, Severity, Subject
from nornir_hygiene.models.host import Gap, NotObserved
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame, assemble

BEGUN = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return BEGUN + timedelta(minutes=minute)


def finding(host: str = "w1", subject: str = "rbd3", severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        host=host,
        kind="rbd-io-hang",
        severity=severity,
        subject=Subject(sort="device", name=subject),
        summary=f"tasks wait for {subject}",
        evidence=Evidence(),
        cause=Cause(name="an OSD", established=False, because="it waits"),
        restores="the OSD",
    )


def census(*owners: OwnerCounts, limits: tuple[LimitUse, ...] = ()) -> Census:
    return Census(
        processes=100,
        zombies=sum(one.zombies for one in owners),
        orphans=sum(one.orphans for one in owners),
        blocked=sum(one.blocked for one in owners),
        owners=owners,
        limits=limits,
    )


def host(
    name: str = "w1", *found: Finding, counts: Census | None = None, gaps: tuple[str, ...] = (), complete: bool = True
) -> HostReport:
    return HostReport(
        host=name,
        findings=found,
        census=counts or census(),
        gaps=tuple(Gap(section=section, why="not root") for section in gaps),
        complete=complete,
    )


def silent(name: str = "w1") -> HostReport:
    why = NotObserved(reason="deadline", phase="probe", detail="30 s are over")
    return HostReport(host=name, not_observed=why)


def audit(minute: float, *hosts: HostReport) -> AuditReport:
    frame = RunFrame(run_id=f"run-{minute:09.2f}", started_at=at(minute), selection="all hosts")
    return assemble(frame, hosts, at(minute) + timedelta(seconds=2), interrupted=False)
