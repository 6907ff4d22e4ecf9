"""Two long samples for hygiene_samples: one bad morning of sixty hosts, and an attack from every field of a report."""

from collections.abc import Sequence
from typing import Any

from nornir_hygiene.models.explanation import Explanation, Passage
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity
from nornir_hygiene.models.hygiene import (
    Coverage,
    Headroom,
    HostState,
    HygieneReport,
    ImageSum,
    Missed,
    Moment,
    OwnerSum,
    ReportedFinding,
    RunbookUse,
    WaitShare,
)
from nornir_hygiene.models.run import Totals
from nornir_hygiene.models.suppression import ExpiredSuppression, Suppressed
from tests.report import hygiene_samples as samples
from tests.report.hygiene_samples import PLANTED, before

_HUNG = ("worker-03", "worker-11", "worker-17", "worker-24")
_WARNING, _INFO = Severity.WARNING, Severity.INFO
_SILENT = {"worker-39": "connection-refused", "worker-52": "connection-refused", "worker-58": "deadline"}
_KNOWN = Suppressed(
    reason="vendor agent, fixed in its release 4.2",
    owner="team-storage",
    expires_at=before(days=-20),
    where="suppressions.yaml:12",
)


def bad_morning() -> HygieneReport:
    """An OSD stopped at 06:55; behind it the leaks of the week, a repair that did not last, and things that went."""
    hung = tuple(samples.finding(name) for name in _HUNG)
    unclear = _unclear()
    findings = (*(samples.reported(one, "new", hours=0.6) for one in hung), *_week())
    return samples.report(
        _hosts(findings),
        coverage=samples.coverage(
            _hosts(findings),
            never=("edge-1", "edge-2"),
            missed=(Missed(schedule="nightly", from_at=before(days=3), to_at=before(days=3, hours=-2), runs=8),),
        ),
        causes=(samples.cause(found=hung), _suspected(unclear)),
        findings=findings,
        owners=(
            OwnerSum(owner="unit report-batch.service, python3", hosts=12, orphans=214),
            OwnerSum(owner="pod payments/gateway, java", hosts=3, zombies=61),
            OwnerSum(owner="unit ceph-csi-rbd, fsck.ext4", hosts=4, blocked=38),
            OwnerSum(owner="logins of deploy, ssh-agent", hosts=7, orphans=31),
            OwnerSum(owner="unit node-exporter.service, sh", hosts=2, zombies=9, orphans=4),
        ),
        images=(
            ImageSum(image="kube/csi-vol-5c911dfa", hosts=4, findings=4),
            ImageSum(image=f"kube/{PLANTED}", hosts=1, findings=1),
            ImageSum(image="kube/csi-vol-9a27d0e1", hosts=3, findings=3),
        ),
        headroom=(
            samples.headroom(),
            Headroom(host="worker-21", name="pid_max", used=26_214, limit=32_768),
            samples.headroom(
                "worker-33", 2_102, per_hour=2.0, hours_left=997.0, hours_left_earliest=610.0, hours_left_latest=None
            ),
        ),
        trends=(
            samples.trend("worker-09", "orphans", "unit report-batch.service, python3"),
            samples.trend(
                "worker-14",
                "zombies",
                "pod payments/gateway, java",
                value=61,
                per_hour=0.8,
                least_per_hour=0.5,
                most_per_hour=1.1,
            ),
        ),
        waits=(
            WaitShare(wait="running", tasks=143, hosts=57),
            WaitShare(wait="ceph-osd-reply", tasks=38, hosts=4),
            WaitShare(wait="page-io", tasks=12, hosts=9),
            WaitShare(wait="journal-commit", tasks=5, hosts=4),
            WaitShare(wait="nfs-server", tasks=2, hosts=1),
        ),
        runbooks=(
            RunbookUse(runbook="restart-ceph-osd", runs=3, repaired=2, refused=1),
            RunbookUse(runbook="reap-zombies", runs=14, repaired=13, failed=1, came_back=6),
            RunbookUse(runbook="terminate-orphans", runs=2, repaired=2, came_back=1),
        ),
        moments=(*samples.moments()[:-1], _now()),
        expired=(
            ExpiredSuppression(
                what="zombie-parent-not-waiting on group k8s-workers, subject 'process sh*'",
                reason="waiting for the base image of November",
                owner="team-platform",
                expires_at=before(days=2),
                where="suppressions.yaml:31",
            ),
        ),
    )


def _now() -> Moment:
    return Moment(
        at=samples.MADE_AT, selected=60, observed=57, critical=4, warning=3, info=3, zombies=48, orphans=72, blocked=40
    )


def _unclear() -> Finding:
    return samples.finding(
        "worker-46",
        subject="device rbd7",
        severity=_WARNING,
        summary=f"1 task (postgres) waits for I/O on rbd7 (rbd image kube/{PLANTED}), the longest for 48 s.",
        evidence=Evidence(tasks=(samples.task(801, comm="postgres", age_s=48.0),), task_count=1),
        cause=Cause(
            name=f"rbd image kube/{PLANTED}",
            established=False,
            because="rbd7 is that image and does not complete requests",
            missing="which OSD: debugfs is not readable for this user",
        ),
    )


def _suspected(found: Finding) -> Any:
    return samples.cause(
        f"rbd image kube/{PLANTED}",
        (found,),
        sort="image",
        sick="unknown",
        established=False,
        because="one host waits for it; no OSD reports slow requests",
        missing="its osdc, which says the OSD it waits for",
        vetoes=("the cluster rebalances since 07:10",),
        host="",
        osd=None,
    )


def _plain(host: str, kind: str, subject: str, severity: Severity, summary: str) -> Finding:
    owner = subject.partition(" ")[2]
    return samples.finding(
        host,
        kind,
        subject,
        severity=severity,
        summary=summary,
        evidence=Evidence(facts=(Fact(name="counted", value="214"), Fact(name="oldest", value="6d4h"))),
        cause=Cause(name=owner, established=True, because="each was started by it and none was waited for"),
        restores="Restart the owner at a quiet time; the parent has to call wait.",
        container="",
    )


def _week() -> tuple[ReportedFinding, ...]:
    """What the week left: a leak, a limit that fills, zombies each night, one that comes and goes, two that went."""
    leak = _plain(
        "worker-09", "orphan-leak", "owner report-batch.service", _WARNING, "214 orphans of python3, 4.1 more an hour."
    )
    full = _plain(
        "worker-07", "pids-cgroup-saturated", "cgroup kubepods-burstable/pod5f0c9a8e", _WARNING,
        "3480 of 4096 process ids are used; full in about 68 hours.",
    )  # fmt: skip
    zombies = tuple(
        _plain(f"worker-{number}", "zombie-parent-not-waiting", "process java", _INFO, f"{number} zombies below java.")
        for number in (14, 15, 19)
    )
    agent = _plain("worker-30", "stopped", "process vendor-agent", _WARNING, "vendor-agent is stopped since 6 days.")
    nfs = _plain("worker-28", "nfs-hang", "server nas-2", Severity.CRITICAL, "9 tasks waited for nas-2.")
    proc = _plain("worker-44", "proc-read-hang", "process 812", _WARNING, "ps hung on process 812.")
    return (
        samples.reported(full, "worse", hours=70),
        samples.reported(_unclear()),
        samples.reported(leak, "still", hours=52),
        samples.reported(zombies[0], "new", hours=3, times_back=5, flapping=True, back_after="reap-zombies"),
        *(samples.reported(one, "still", hours=26) for one in zombies[1:]),
        samples.reported(agent, "still", hours=150, suppressed=_KNOWN),
        samples.reported(nfs, "gone", hours=90),
        samples.reported(proc, "gone", hours=40, finding=None),
    )


def _hosts(findings: Sequence[ReportedFinding]) -> tuple[HostState, ...]:
    return tuple(
        samples.silent(name, _SILENT[name]) if name in _SILENT else _host(name, findings, number)
        for number in range(1, 61)
        if (name := f"worker-{number:02}")
    )


def _host(name: str, findings: Sequence[ReportedFinding], number: int) -> HostState:
    found = [each.severity for each in findings if each.kept.host == name and each.change != "gone"]
    if not found:
        outcome = "incomplete" if number == 40 else "clean"
        return samples.host(name, outcome=outcome, processes=250 + number * 7 % 90, blocked=number % 5 == 0)
    worst = max(found, key=lambda each: each.rank)
    counts = {"zombies": number % 7, "orphans": number % 11, "blocked": 9 if name in _HUNG else 0}
    return samples.host(name, outcome="with_findings", findings=len(found), worst=worst, **counts)


def attack(texts: Sequence[str]) -> HygieneReport:
    """One finding, host, cause, owner and so on for each text, with that text in each of its fields."""
    found = tuple(_bad(text) for text in texts)
    return HygieneReport(
        made_at=samples.MADE_AT,
        since=samples.SINCE,
        scope=texts[0],
        coverage=Coverage(
            totals=Totals(selected=len(texts), clean=0, with_findings=len(texts), not_observed=0, incomplete=0),
            reasons=tuple((text, 1) for text in texts),
            never=tuple(texts),
            audits=3,
            first_at=samples.SINCE,
            last_at=before(minutes=4),
            missed=tuple(
                Missed(schedule=text, from_at=before(hours=2), to_at=before(hours=1), runs=1) for text in texts
            ),
        ),
        hosts=tuple(samples.host(text, outcome=text, reason=text) for text in texts),
        causes=tuple(_bad_cause(text, one) for text, one in zip(texts, found, strict=True)),
        findings=tuple(_bad_reported(one, hidden) for one in found for hidden in (True, False)),
        owners=tuple(OwnerSum(owner=text, hosts=1, zombies=1) for text in texts),
        images=tuple(ImageSum(image=text, hosts=1, findings=1) for text in texts),
        headroom=tuple(
            Headroom(host=text, name=text, used=1, limit=2, trend=samples.trend(text, text, text)) for text in texts
        ),
        trends=tuple(samples.trend(text, text, text) for text in texts),
        waits=tuple(WaitShare(wait=text, tasks=3, hosts=1) for text in texts),
        runbooks=tuple(RunbookUse(runbook=text, runs=1, failed=1) for text in texts),
        moments=samples.moments(12),
        expired=tuple(
            ExpiredSuppression(what=text, reason=text, owner=text, expires_at=before(days=1), where=text)
            for text in texts
        ),
        explanations=tuple(
            Explanation(sort="kind", name=text, what=text, passages=(Passage(title=text, points=(text,)),))
            for text in texts
        ),
    )


def _bad(text: str) -> Finding:
    return samples.finding(
        text,
        text,
        f"{text} {text}",
        summary=text,
        evidence=Evidence(
            tasks=(samples.task(1, comm=text, stat=text, wchan=text, stack=(text,), role=text),),
            facts=(Fact(name=text, value=text),),
        ),
        cause=Cause(name=text, established=False, because=text, missing=text),
        restores=text,
        container=text,
    )


def _bad_cause(text: str, found: Finding) -> Any:
    return samples.cause(
        text, (found,), established=False, because=text, missing=text, vetoes=(text,), host=text, restores=text
    )


def _bad_reported(found: Finding, hidden: bool) -> ReportedFinding:
    text = found.summary
    why = Suppressed(reason=text, owner=text, expires_at=before(days=-1), where=text) if hidden else None
    return samples.reported(found, suppressed=why, back_after=text, flapping=True, times_back=3)
