"""The steps of gauges, and which of them grow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, exists, or_, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.gauges import LIMIT, Count, counts_of
from nornir_hygiene.history.growth import LEAST_RISE, WINDOWS, Growth, Step, growth_of
from nornir_hygiene.history.kept_findings import of_hosts
from nornir_hygiene.history.tables import gauges, hosts, levels, storable
from nornir_hygiene.models.census import Census
from nornir_hygiene.models.past import Trend

# As far back as the longest window looks, and what was there before it.
_LOOKS_BACK = 2 * max(WINDOWS)
# Who was not seen for so long is not said to grow.
_STALE = timedelta(days=1)


class _Gauge(NamedTuple):
    """One gauge with its newest value; `steps` are those that are not in `levels` (yet)."""

    id: int
    host: str
    what: str
    name: str
    limit: int | None
    steps: tuple[Step, ...]


def growing(engine: Engine, now: datetime, host_names: Collection[str] | None = None) -> tuple[Trend, ...]:
    """Every count that grows, those with the least time left first, then the fastest. None: of all hosts."""
    with engine.connect() as connection:
        query = _gauges(now).where(gauges.c.to_at >= now - _STALE)
        found = [_kept(row) for row in _rows(connection, query, host_names)]
        return _growing(connection, found, now)


def growing_with(engine: Engine, counted: Mapping[str, Census], at: datetime) -> tuple[Trend, ...]:
    """The same of these hosts, with what an audit counts on them `at` this time, before it is kept, as the newest."""
    told = {(storable(host), *key): count for host, census in counted.items() for key, count in counts_of(census)}
    with engine.connect() as connection:
        found = [
            _with_count(row, told[key], at)
            for row in _rows(connection, _gauges(at), counted)
            if (key := (row["host"], row["what"], row["name_hash"])) in told and row["to_at"] < at
        ]
        return _growing(connection, found, at)


def _growing(connection: Connection, found: Sequence[_Gauge], now: datetime) -> tuple[Trend, ...]:
    high = [gauge for gauge in found if gauge.steps and gauge.steps[-1].value >= LEAST_RISE]
    past = _past(connection, [gauge.id for gauge in high], now - _LOOKS_BACK)
    trends = [
        _trend(gauge, growth) for gauge in high if (growth := growth_of(list(_steps([*past[gauge.id], *gauge.steps]))))
    ]
    return tuple(sorted(trends, key=_urgency))


def _urgency(trend: Trend) -> tuple[float, float, str, str]:
    left = trend.hours_left if trend.hours_left is not None else float("inf")
    return (left, -trend.per_hour, trend.host, trend.name)


def _gauges(now: datetime) -> Select[Any]:
    """Those that may grow. Most counts go up and down: of these the past, which is long, is never read."""
    return (
        select(hosts.c.name.label("host"), gauges)
        .join(hosts, hosts.c.id == gauges.c.host_id)
        .where(gauges.c.value.is_not(None), or_(*(_may_grow(now, now - window) for window in WINDOWS)))
    )


def _may_grow(now: datetime, begin: datetime) -> ColumnElement[bool]:
    """It was seen before the window, and never as high as it is now: who grows is above all that was.

    Bounded by `from_at`, as the index is: one row says that it was seen, and the first as high one ends the search.
    """
    before = exists().where(levels.c.gauge_id == gauges.c.id, levels.c.from_at < begin)
    as_high = before.where(levels.c.from_at >= now - _LOOKS_BACK, levels.c.value >= gauges.c.value)
    return and_(before, ~as_high)


def _lasts_after(since: datetime) -> ColumnElement[bool]:
    """A zero may: it is kept with the time it began, and lasts until the next value."""
    return or_(levels.c.to_at >= since, levels.c.value == 0)


def _rows(connection: Connection, query: Select[Any], host_names: Collection[str] | None) -> Iterator[RowMapping]:
    for one in of_hosts(query, host_names):
        yield from connection.execute(one).mappings()


def _past(connection: Connection, ids: Sequence[int], since: datetime) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    query = (
        select(levels.c.gauge_id, levels.c.from_at, levels.c.to_at, levels.c.value)
        .where(_lasts_after(since))
        .order_by(levels.c.from_at)
    )
    for some in chunks(ids):
        for row in connection.execute(query.where(levels.c.gauge_id.in_(some))):
            found[row.gauge_id].append(Step(row.from_at, row.to_at, row.value))
    return found


def _steps(told: Sequence[Step]) -> Iterator[Step]:
    """A zero is kept with the time it began: it lasted until the next value came."""
    for one, following in pairwise(told):
        yield one if one.value else one._replace(to_at=following.from_at)
    yield from told[-1:]


def _kept(row: RowMapping) -> _Gauge:
    step = Step(row["from_at"], row["to_at"], row["value"])
    return _Gauge(row["id"], row["host"], row["what"], row["name"], row["limit"], (step,))


def _with_count(row: RowMapping, count: Count, at: datetime) -> _Gauge:
    """Its kept value goes on, if the new one is the same."""
    kept = _kept(row)
    (step,) = kept.steps
    value = count.value or 0
    steps = (step._replace(to_at=at),) if step.value == value else (step, Step(at, at, value))
    return kept._replace(limit=count.limit, steps=steps)


def _trend(gauge: _Gauge, growth: Growth) -> Trend:
    limit = gauge.limit if gauge.what == LIMIT else None
    left: Iterable[float | None] = growth.hours_until(limit) if limit else (None, None, None)
    likely, earliest, latest = (None if hours in (None, float("inf")) else hours for hours in left)
    return Trend(
        host=gauge.host,
        what=gauge.what,
        name=gauge.name,
        value=growth.value,
        limit=limit,
        since=growth.since,
        per_hour=growth.per_hour,
        least_per_hour=growth.least_per_hour,
        most_per_hour=growth.most_per_hour,
        hours_left=likely,
        hours_left_earliest=earliest,
        hours_left_latest=latest,
    )
