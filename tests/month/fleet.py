"""The audits of the month, one after the other. Seeded: the same month each time."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.observe import Observation
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame, assemble
from tests.month.snapshots import Added, real_snapshots, with_added
from tests.month.stories import BEGUN, EVERY, FILLING, LEAK, NIGHTLY, Story, filling, leak, nightly, noisy

NOISY = 20
# Of a thousand answers one is late.
_LATE = 0.001


class Plot(NamedTuple):
    """How many hosts (23 have a story), for how long, and when the leak and the filling begin."""

    hosts: int
    days: float
    leak_from_h: float
    filling_from_h: float


def stories(plot: Plot) -> dict[str, Story | None]:
    """By host: three true stories, twenty noisy ones, and None for the rest, who only work."""
    told: dict[str, Story | None] = {
        LEAK: leak(plot.leak_from_h),
        FILLING: filling(plot.filling_from_h),
        NIGHTLY: nightly,
    }
    told |= {f"noisy-{number:02}": noisy(number) for number in range(NOISY)}
    return told | {f"works-{number:03}": None for number in range(plot.hosts - len(told))}


def audits(plot: Plot, seed: int = 6) -> Iterator[AuditReport]:
    """Every 15 minutes, a second or two late as timers are."""
    fleet = stories(plot)
    dice = random.Random(seed)
    for number in range(int(timedelta(days=plot.days) / EVERY)):
        at = BEGUN + number * EVERY + timedelta(seconds=dice.uniform(0, 2))
        frame = RunFrame(run_id=f"{at:%Y%m%dT%H%M%SZ}-{number:06x}", started_at=at, selection="all hosts")
        hour = number * EVERY / timedelta(hours=1)
        told = [_told(name, story, hour, random.Random(f"{seed} {name} {number}")) for name, story in fleet.items()]
        yield assemble(frame, told, at + timedelta(seconds=3), interrupted=False)


def _told(name: str, story: Story | None, hour: float, dice: random.Random) -> HostReport:
    if dice.random() < _LATE:
        why = NotObserved(reason="deadline", phase="probe", detail="30 s are over")
        return HostReport(host=name, not_observed=why)
    which = dice.randrange(3) + 3 * (sum(name.encode()) % (len(real_snapshots()) // 3))
    return _named(name, _judged(which, story(hour, dice) if story else Added()))


@lru_cache(maxsize=20_000)
def _judged(which: int, added: Added) -> HostReport:
    seen = Observation(
        seen=with_added(real_snapshots()[which], added), settings=None, took_s=0.5, bytes_received=60_000
    )
    return judged("host", seen)


def _named(name: str, report: HostReport) -> HostReport:
    findings = tuple(_of(name, finding) for finding in report.findings)
    return report.model_copy(update={"host": name, "findings": findings})


def _of(name: str, finding: Finding) -> Finding:
    return Finding.model_validate({**dict(finding), "host": name, "fingerprint": ""})
