"""How each host came out of its newest audit, at the end of a span and at times within it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.tables import audits, hosts, outcomes

# A chart of more points than this is no clearer, and each point costs every host one row.
_MOMENTS = 200


class Newest(NamedTuple):
    """One host as one audit told it. `outcome` is the field of Totals it counts under."""

    host: str
    at: datetime
    run_id: str
    outcome: str
    reason: str
    processes: int
    zombies: int
    orphans: int
    blocked: int


def fleet_over_time(
    connection: Connection, since: datetime, until: datetime, host_names: Collection[str] | None = None
) -> Iterator[tuple[datetime, dict[str, Newest]]]:
    """At most 200 times from after `since` to `until`, and the newest word on each host up to then.

    A time without news of these hosts is left out. The dict is the caller's to read, and the next one takes it over.
    """
    known: dict[str, Newest] = {}
    times = _audit_times(connection, since, until)
    for begin, end in pairwise([since, *_ends(times, since, until)]):
        fresh = newest_within(connection, begin, end)
        wanted = {name: one for name, one in fresh.items() if host_names is None or name in host_names}
        if wanted:
            known |= wanted
            yield max(one.at for one in wanted.values()), known


def newest_within(connection: Connection, begin: datetime, end: datetime) -> dict[str, Newest]:
    """By host, what the newest audit told that began after `begin` and not after `end`."""
    found: dict[str, Newest] = {}
    told = _newest_times(connection, begin, end)
    for some in chunks(sorted(set(told.values()))):
        query = (
            select(
                hosts.c.name,
                audits.c.started_at,
                audits.c.run_id,
                *(outcomes.c[name] for name in Newest._fields[3:]),
                outcomes.c.host_id,
            )
            .join(hosts, hosts.c.id == outcomes.c.host_id)
            .join(audits, audits.c.id == outcomes.c.audit_id)
            .where(audits.c.started_at.in_(some))
            .order_by(audits.c.run_id)
        )
        for *values, host_id in connection.execute(query):
            one = Newest(*values)
            if told.get(host_id) == one.at:
                found[one.host] = one
    return found


def _newest_times(connection: Connection, begin: datetime, end: datetime) -> dict[int, datetime]:
    """Grouped first, for a month has half a million outcomes; rows are fetched only of the audits that count."""
    query = (
        select(outcomes.c.host_id, func.max(audits.c.started_at).label("newest"))
        .join(audits, audits.c.id == outcomes.c.audit_id)
        .where(audits.c.started_at > begin, audits.c.started_at <= end)
        .group_by(outcomes.c.host_id)
    )
    return {row.host_id: row.newest for row in connection.execute(query)}


def _audit_times(connection: Connection, since: datetime, until: datetime) -> list[datetime]:
    query = select(audits.c.started_at).where(audits.c.started_at > since, audits.c.started_at <= until)
    return list(connection.execute(query.distinct().order_by(audits.c.started_at)).scalars())


def _ends(times: Sequence[datetime], since: datetime, until: datetime) -> list[datetime]:
    """Every audit's time; where there are too many, the last of each even part of the span."""
    if len(times) <= _MOMENTS:
        return list(times)
    every = (until - since) / _MOMENTS
    return list({min(int((at - since) / every), _MOMENTS - 1): at for at in times}.values())


def known_hosts(engine: Engine) -> frozenset[str]:
    """Every host the history has ever heard of, by its name as it is stored."""
    with engine.connect() as connection:
        return frozenset(connection.execute(select(hosts.c.name)).scalars())
