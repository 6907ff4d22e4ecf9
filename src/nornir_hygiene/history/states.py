"""What is counted now: the newest value of each gauge, summed over hosts, and how full each limit is."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from nornir_hygiene.history.gauges import COUNTED, LIMIT
from nornir_hygiene.history.tables import gauges, hosts
from nornir_hygiene.models.hygiene import Headroom, OwnerSum
from nornir_hygiene.models.past import Trend

# A host says twenty of either; of a fleet these are the largest.
OWNERS_KEPT = 100
LIMITS_KEPT = 100


def owner_sums(connection: Connection, since: datetime, host_names: Collection[str]) -> tuple[OwnerSum, ...]:
    """Whoever has anything on one of these hosts that were seen after `since`, the most first."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    where: dict[str, set[str]] = defaultdict(set)
    query = _newest(since).where(gauges.c.what.in_(COUNTED), gauges.c.value > 0)
    for row in connection.execute(query):
        if row.host in host_names:
            counts[row.name][row.what] += row.value
            where[row.name].add(row.host)
    sums = [OwnerSum(owner=owner, hosts=len(where[owner]), **each) for owner, each in counts.items()]
    return tuple(sorted(sums, key=lambda one: (-one.zombies - one.orphans - one.blocked, one.owner))[:OWNERS_KEPT])


def headroom(
    connection: Connection, since: datetime, host_names: Collection[str], trends: Iterable[Trend]
) -> tuple[Headroom, ...]:
    """The fullest limits first; one that grows is always among them."""
    growing = {(one.host, one.name): one for one in trends if one.what == LIMIT}
    query = _newest(since).where(gauges.c.what == LIMIT, gauges.c.value.is_not(None))
    rows = [row for row in connection.execute(query) if row.host in host_names and row.limit]
    rows.sort(key=lambda row: (-row.value / row.limit, row.host, row.name))
    kept = [row for place, row in enumerate(rows) if place < LIMITS_KEPT or (row.host, row.name) in growing]
    return tuple(
        Headroom(host=row.host, name=row.name, used=row.value, limit=row.limit, trend=growing.get((row.host, row.name)))
        for row in kept
    )


def _newest(since: datetime) -> Select[Any]:
    columns = (gauges.c[name] for name in ("what", "name", "value", "limit"))
    query = select(hosts.c.name.label("host"), *columns).join(hosts, hosts.c.id == gauges.c.host_id)
    return query.where(gauges.c.to_at > since)
