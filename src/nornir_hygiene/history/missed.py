"""Which audits of a schedule were not made. What counts is that somebody looked, not that a timer fired.

The audits of a schedule are known by their selection: one that a person made of the same hosts counts too. One that
was interrupted does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine, Select, func, select

from nornir_hygiene.history.tables import audits, storable
from nornir_hygiene.models.hygiene import Missed
from nornir_hygiene.models.schedule import Schedule

# Of an interval: timers wait a little by chance, a machine wakes up late.
_LATE = 0.5
# An audit is in the history when it has ended: the newest may still be under way.
_UNDER_WAY = 1.0


def missed_runs(engine: Engine, schedules: Iterable[Schedule], since: datetime, until: datetime) -> tuple[Missed, ...]:
    """One per gap, by schedule and time. Before it was installed and after it was removed a schedule misses nothing.

    A machine that was switched off missed its runs.
    """
    return tuple(gap for schedule in schedules for gap in _missed(engine, schedule, since, until))


def last_run(engine: Engine, schedule: Schedule, before: datetime) -> datetime | None:
    """When the newest audit of a schedule began."""
    query = _of(schedule, func.max(audits.c.started_at)).where(audits.c.started_at < before)
    with engine.connect() as connection:
        found: datetime | None = connection.execute(query).scalar()
    return found


def gaps(schedule: Schedule, runs: Sequence[datetime], since: datetime, until: datetime) -> Iterator[Missed]:
    """Pure. `runs`: when its audits began, in order, the last one before `since` included."""
    begin = max(since, schedule.installed_at)
    end = min(until, schedule.removed_at or until)
    if begin >= end:
        return
    known = [schedule.installed_at, *(run for run in runs if schedule.installed_at <= run < end)]
    for earlier, later in pairwise(known):
        yield from _gap(schedule, earlier, later, begin, _LATE)
    yield from _gap(schedule, known[-1], end, begin, _UNDER_WAY)


def _gap(schedule: Schedule, earlier: datetime, later: datetime, begin: datetime, late: float) -> Iterator[Missed]:
    """Those that were due between two runs and after `begin`, an interval apart."""
    every = timedelta(seconds=schedule.every_s)
    due = int((later - earlier) / every - late)
    before_begin = max(0, -((earlier - begin) // every) - 1) if earlier < begin else 0
    if due > before_begin:
        yield Missed(schedule=schedule.name, from_at=max(earlier, begin), to_at=later, runs=due - before_begin)


def _missed(engine: Engine, schedule: Schedule, since: datetime, until: datetime) -> Iterator[Missed]:
    newest = last_run(engine, schedule, since)
    query = _of(schedule, audits.c.started_at).where(audits.c.started_at >= since, audits.c.started_at < until)
    with engine.connect() as connection:
        runs = connection.execute(query.order_by(audits.c.started_at)).scalars().all()
    yield from gaps(schedule, [*([newest] if newest else []), *runs], since, until)


def _of(schedule: Schedule, column: Any) -> Select[Any]:
    return select(column).where(audits.c.selection == storable(schedule.selection), audits.c.interrupted.is_(False))
