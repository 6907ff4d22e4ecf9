"""Hygiene reports of every size, made in code: `empty`, `small`, `rich`, `large` (1 000 hosts) and `hostile`.

Nothing is drawn from a clock or an unseeded generator: the same call gives the same report.
"""

import math
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.explanation import Explanation
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject, TaskEvidence
from nornir_hygiene.models.hygiene import (
    Change,
    Coverage,
    Headroom,
    HostState,
    HygieneReport,
    Moment,
    OwnerSum,
    ReportedFinding,
)
from nornir_hygiene.models.past import KeptFinding, Trend
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.run import Totals

MADE_AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
SINCE = MADE_AT - timedelta(days=7)
STACK = ("folio_wait_bit_common", "filemap_get_pages", "filemap_read", "blkdev_read_iter", "vfs_read")
PLANTED = "planted-image-7f3a"
LONG_NAME = "n" * 100_000
HOSTILE = (
    "<script>window.struck=1;alert(1)</script>",
    '"><svg onload=alert(2)>',
    "<img src=x onerror=alert(3)>",
    "</style></script></title><script>alert(4)</script>",
    "javascript:alert(5)",
    "{{ 7*7 }}{% raw %}${7*7}",
    "\u202egnp.exe\u2066 \x1b[2J\x07\x00\x9b31m\ud800",
    "[click](http://203.0.113.9/x) ![i](http://203.0.113.9/y) | a | `b` **c** <b>\n# d",
    LONG_NAME,
)


def before(**ago: float) -> datetime:
    """So long before the report was made: before(hours=3)."""
    return MADE_AT - timedelta(**ago)


def finding(host: str, kind: str = "rbd-io-hang", subject: str = "device rbd3", **changed: Any) -> Finding:
    """One with tasks, a stack, figures and a cause; any field of Finding can be given."""
    sort, _, name = subject.partition(" ")
    fields: dict[str, Any] = {
        "host": host,
        "kind": kind,
        "severity": Severity.CRITICAL,
        "subject": Subject(sort=sort, name=name),
        "summary": "2 tasks (fsck.ext4) wait for I/O on rbd3 (rbd image kube/csi-vol-5c911dfa), for 35 min.",
        "evidence": Evidence(
            tasks=(task(21979), task(22011, age_s=640.0), task(21973, comm="fsck", stat="Ss", role="parent", stack=())),
            task_count=3,
            facts=(Fact(name="requests in flight", value="3 reads, 0 writes"), Fact(name="kernel", value="6.1.0-28")),
        ),
        "cause": Cause(
            name="ceph-osd osd.12 on ceph-3",
            established=True,
            because="rbd3 is that image, and the oldest request in its osdc waits for osd.12",
        ),
        "restores": "The OSD that does not answer: continue it if it is stopped, else restart it, guarded. "
        "The waiting tasks then finish by themselves. Never kill the fsck.",
        "container": "pod 5f0c9a8e, container 1f2e3d4c5b6a",
    }
    return Finding(**{**fields, **changed})


def task(pid: int, **changed: Any) -> TaskEvidence:
    """One in D; any field of TaskEvidence can be given."""
    fields: dict[str, Any] = {
        "identity": ProcessIdentity(boot_id="b", pid=pid, start_ticks=pid * 7),
        "pid": pid,
        "ppid": 21973,
        "comm": "fsck.ext4",
        "stat": "D",
        "wchan": "folio_wait_bit_common",
        "age_s": 2112.0,
        "stack": STACK,
        "role": "blocked",
    }
    return TaskEvidence(**{**fields, **changed})


def reported(found: Finding, change: Change = "still", hours: float = 30, **changed: Any) -> ReportedFinding:
    """As history tells it: begun so many hours ago; `changed` are fields of ReportedFinding."""
    kept = KeptFinding(
        host=found.host,
        kind=found.kind,
        subject=str(found.subject),
        container=found.container,
        summary=found.summary,
        fingerprint=found.fingerprint,
        worst=found.severity,
        worse_at=before(hours=2) if change == "worse" else None,
        begun_at=before(hours=hours),
        last_seen_at=before(hours=5) if change == "gone" else before(minutes=4),
        ended_at=before(hours=5, minutes=-15) if change == "gone" else None,
        times_seen=max(1, int(hours * 4)),
    )
    fields: dict[str, Any] = {"kept": kept, "change": change, "severity": found.severity, "finding": found}
    return ReportedFinding(**{**fields, **changed})


def host(name: str, **changed: Any) -> HostState:
    """A clean one; any field of HostState can be given."""
    return HostState(**{"host": name, "at": before(minutes=4), "outcome": "clean", "processes": 312, **changed})


def silent(name: str, reason: str = "deadline") -> HostState:
    """One whose newest audit got no answer."""
    return host(name, outcome="not_observed", reason=reason, processes=0)


def cause(name: str = "ceph-osd osd.12 on ceph-3", found: tuple[Finding, ...] = (), **changed: Any) -> FleetCause:
    """One stopped OSD behind `found`; any field of FleetCause can be given."""
    fields: dict[str, Any] = {
        "sort": "osd",
        "name": name,
        "sick": "stopped",
        "established": True,
        "because": "its process 4711 is in T since 06:55 and its admin socket is silent; 4 clients wait for it",
        "host": "ceph-3",
        "admin": "ceph-1",
        "osd": 12,
        "hosts": tuple(dict.fromkeys(one.host for one in found)),
        "fingerprints": tuple(one.fingerprint for one in found),
        "restores": "Continue the process (SIGCONT); the runbook osd-stopped does it and verifies.",
    }
    return FleetCause(**{**fields, **changed})


def coverage(hosts: tuple[HostState, ...], **changed: Any) -> Coverage:
    """What the hosts add up to, over 672 audits."""
    counts = {each: sum(one.outcome == each for one in hosts) for each in Totals.model_fields}
    reasons = sorted({one.reason for one in hosts if one.reason})
    fields: dict[str, Any] = {
        "totals": Totals(**{**counts, "selected": len(hosts)}),
        "reasons": tuple((reason, sum(one.reason == reason for one in hosts)) for reason in reasons),
        "audits": 672,
        "first_at": SINCE + timedelta(minutes=4),
        "last_at": before(minutes=4),
    }
    return Coverage(**{**fields, **changed})


def moments(count: int = 168, hosts: int = 60) -> tuple[Moment, ...]:
    """A wave of zombies each night, a slow leak of orphans, one bad morning."""
    draw = random.Random(7)
    step = (MADE_AT - SINCE) / count
    return tuple(
        Moment(
            at=(at := SINCE + step * (number + 1)),
            selected=hosts,
            observed=hosts - draw.choice((0, 0, 0, 1, 2)) - (9 if 60 <= number * 168 // count < 66 else 0),
            critical=(number * 168 // count >= 160) * 4,
            warning=6 + round(3 * math.sin(number * 30 / count)) + draw.randint(0, 1),
            info=3 + draw.randint(0, 2),
            zombies=40 + (220 if at.hour in (2, 3) else 0) + draw.randint(0, 9),
            orphans=12 + number * 60 // count,
            blocked=draw.randint(0, 3) + (number * 168 // count >= 160) * 38,
        )
        for number in range(count)
    )


def trend(hosts_name: str, what: str, name: str, **changed: Any) -> Trend:
    """A leak of four an hour; any field of Trend can be given."""
    fields: dict[str, Any] = {
        "host": hosts_name,
        "what": what,
        "name": name,
        "value": 214,
        "since": before(hours=40),
        "per_hour": 4.1,
        "least_per_hour": 3.8,
        "most_per_hour": 4.4,
    }
    return Trend(**{**fields, **changed})


def headroom(name: str = "worker-07", used: int = 3480, **changed: Any) -> Headroom:
    """A pids limit of 4096 that fills; `changed` are fields of its trend."""
    limit = "/kubepods.slice/kubepods-burstable.slice/pod5f0c9a8e"
    told = {"value": used, "limit": 4096, "per_hour": 9.0, "least_per_hour": 7.5, "most_per_hour": 11.0}
    left = {"hours_left": 68.4, "hours_left_earliest": 56.0, "hours_left_latest": 82.1}
    grows = trend(name, "limit", limit, **{**told, **left, **changed})
    return Headroom(host=name, name=limit, used=used, limit=4096, trend=grows)


@cache
def explanations(*kinds: str) -> tuple[Explanation, ...]:
    """The real words of the catalogue."""
    from nornir_hygiene.diagnose import RULES
    from nornir_hygiene.diagnose.kinds import explained_kind
    from nornir_hygiene.fleet.knowledge import kind_book

    return tuple(explained_kind(entry, RULES) for entry in kind_book().kinds if entry.kind in kinds)


def report(hosts: tuple[HostState, ...] = (), **changed: Any) -> HygieneReport:
    """Of these hosts over seven days; any field of HygieneReport can be given."""
    fields: dict[str, Any] = {
        "made_at": MADE_AT,
        "since": SINCE,
        "scope": "group k8s-workers",
        "coverage": coverage(hosts),
        "hosts": hosts,
    }
    made = {**fields, **changed}
    told = {one.kept.kind for one in made.get("findings", ())}
    return HygieneReport(**{"explanations": explanations(*sorted(told)), **made})


def empty() -> HygieneReport:
    """Nothing was ever audited."""
    return report(scope="all hosts", coverage=coverage((), audits=0, first_at=None, last_at=None))


def small() -> HygieneReport:
    """Three hosts: one hangs because of an OSD, one is clean, one did not answer."""
    hung = finding("worker-1")
    hosts = (
        host("worker-1", outcome="with_findings", findings=1, worst=Severity.CRITICAL, blocked=2),
        host("worker-2"),
    )
    return report(
        (*hosts, silent("worker-3")), causes=(cause(found=(hung,)),), findings=(reported(hung, "new", hours=1),)
    )


def rich() -> HygieneReport:
    """Every part of a report filled, as a team of sixty hosts would see it on a bad morning."""
    from tests.report.hygiene_story import bad_morning

    return bad_morning()


def large(hosts: int = 1000, findings: int = 300, tasks: int = 20) -> HygieneReport:
    """So many findings, each with so many tasks of evidence, as a fleet in trouble has."""
    kinds = ("rbd-io-hang", "zombie-parent-not-waiting", "orphan-leak", "pids-cgroup-saturated")
    many = Evidence(tasks=tuple(task(1000 + number) for number in range(tasks)), task_count=tasks * 3)
    found = tuple(
        finding(f"node-{number % hosts:04}", kinds[number % 4], f"device rbd{number}", evidence=many)
        for number in range(findings)
    )
    states = tuple(
        host(f"node-{number:04}", outcome="with_findings", findings=1, worst=Severity.CRITICAL)
        if number < findings
        else host(f"node-{number:04}")
        for number in range(hosts)
    )
    return report(
        states,
        scope="all hosts",
        causes=(cause(found=found[:100]),),
        findings=tuple(map(reported, found)),
        moments=moments(672, hosts),
        headroom=tuple(headroom(f"node-{number:04}") for number in range(50)),
        owners=tuple(OwnerSum(owner=f"app-{number}", hosts=9, zombies=900 - number) for number in range(100)),
    )


def hostile() -> HygieneReport:
    """Every text a host or a person can choose tries to get out: markup, terminal codes, bidi marks, 100 kB."""
    from tests.report.hygiene_story import attack

    return attack(HOSTILE)
