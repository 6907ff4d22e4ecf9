"""The steps of gauges, and which of them grow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.gauges import LIMIT
from nornir_hygiene.history.growth import LEAST_RISE, WINDOWS, Growth, Step, growth_of
from nornir_hygiene.history.tables import gauges, hosts, levels
from nornir_hygiene.models.past import Trend

# As far back as the longest window looks, and what was there before it.
_LOOKS_BACK = 2 * max(WINDOWS)
# Who was not seen for so long is not said to grow.
_STALE = timedelta(days=1)


def growing(engine: Engine, now: datetime) -> tuple[Trend, ...]:
    """Every count that grows, those with the least time left first, then the fastest."""
    with engine.connect() as connection:
        rows = {row["id"]: row for row in connection.execute(_recent(now)).mappings()}
        past = _past(connection, list(rows), now - _LOOKS_BACK)
    trends = [
        _trend(row, growth)
        for gauge_id, row in rows.items()
        if (growth := growth_of(list(_steps(row, past[gauge_id]))))
    ]
    return tuple(sorted(trends, key=_urgency))


def _urgency(trend: Trend) -> tuple[float, float, str, str]:
    left = trend.hours_left if trend.hours_left is not None else float("inf")
    return (left, -trend.per_hour, trend.host, trend.name)


def _recent(now: datetime) -> Select[Any]:
    return (
        select(hosts.c.name.label("host"), hosts.c.seen_at, gauges)
        .join(hosts, hosts.c.id == gauges.c.host_id)
        .where(gauges.c.value >= LEAST_RISE, gauges.c.to_at >= now - _STALE)
    )


def _past(connection: Connection, ids: list[int], since: datetime) -> dict[int, list[RowMapping]]:
    found: dict[int, list[RowMapping]] = defaultdict(list)
    query = select(levels).where(levels.c.to_at >= since).order_by(levels.c.from_at)
    for some in chunks(ids):
        for row in connection.execute(query.where(levels.c.gauge_id.in_(some))).mappings():
            found[row["gauge_id"]].append(row)
    return found


def _steps(row: RowMapping, past: Iterable[RowMapping]) -> Iterator[Step]:
    yield from (Step(one["from_at"], one["to_at"], one["value"]) for one in (*past, row))


def _trend(row: RowMapping, growth: Growth) -> Trend:
    limit = row["limit"] if row["what"] == LIMIT else None
    left = growth.hours_until(limit) if limit else (None, None, None)
    likely, earliest, latest = (None if hours in (None, float("inf")) else hours for hours in left)
    return Trend(
        host=row["host"],
        what=row["what"],
        name=row["name"],
        value=row["value"],
        limit=limit,
        since=growth.since,
        per_hour=growth.per_hour,
        least_per_hour=growth.least_per_hour,
        most_per_hour=growth.most_per_hour,
        hours_left=likely,
        hours_left_earliest=earliest,
        hours_left_latest=latest,
    )
