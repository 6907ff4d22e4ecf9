"""Hosts in every state a report knows, made in code."""

from datetime import UTC, datetime
from typing import Any

from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject, TaskEvidence
from nornir_hygiene.models.host import Gap, NotObserved
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame, assemble

WHEN = datetime(2026, 11, 21, 19, 37, 1, tzinfo=UTC)
STACK = ("folio_wait_bit", "filemap_read", "blkdev_read_iter", "vfs_read", "ksys_read", "do_syscall_64")


def task(pid: int = 21979, **changed: Any) -> TaskEvidence:
    fields: dict[str, Any] = {
        "identity": ProcessIdentity(boot_id="b", pid=pid, start_ticks=4711),
        "pid": pid,
        "ppid": 21973,
        "comm": "fsck.ext4",
        "stat": "D",
        "wchan": "folio_wait_bit",
        "age_s": 2100.0,
        "stack": STACK,
        "role": "blocked",
    }
    return TaskEvidence(**{**fields, **changed})


def finding(host: str = "worker-1", severity: Severity = Severity.CRITICAL, **changed: Any) -> Finding:
    fields: dict[str, Any] = {
        "host": host,
        "kind": "rbd-io-hang",
        "severity": severity,
        "subject": Subject(sort="device", name="rbd3"),
        "summary": "2 tasks wait for I/O on rbd3",
        "evidence": Evidence(tasks=(task(),), task_count=2, facts=(Fact(name="in flight", value="3 reads"),)),
        "cause": Cause(name="image kube/pvc-1", established=False, because="the task waits", missing="which OSD"),
        "restores": "restore the OSD; never kill the fsck",
        "container": "pod 1234",
    }
    return Finding(**{**fields, **changed})


def sick(host: str = "worker-1", severity: Severity = Severity.CRITICAL, **changed: Any) -> HostReport:
    return HostReport(host=host, findings=(finding(host, severity, **changed),))


def clean(host: str = "calm-1") -> HostReport:
    return HostReport(host=host)


def absent(host: str = "gone-1", **changed: Any) -> HostReport:
    fields: dict[str, Any] = {
        "reason": "connection-refused",
        "phase": "connect",
        "detail": "port 22 refused",
        "hint": "is sshd running?",
    }
    return HostReport(host=host, not_observed=NotObserved(**{**fields, **changed}))


def cannot_fork(host: str = "full-1") -> HostReport:
    return absent(
        host, reason="cannot-fork", phase="probe", detail="fork: Resource temporarily", suspicion=Severity.CRITICAL
    )


def partial(host: str = "half-1") -> HostReport:
    return HostReport(host=host, complete=False, gaps=(Gap(section="stack", why="not root"),))


def report(*hosts: HostReport, interrupted: bool = False) -> AuditReport:
    frame = RunFrame(run_id="20261121T193701Z-000000", started_at=WHEN, selection="all hosts")
    return assemble(frame, hosts, WHEN, interrupted=interrupted)
