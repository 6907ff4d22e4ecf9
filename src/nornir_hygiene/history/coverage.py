"""How much of a fleet a report rests on: which audits there were, and how the hosts came out of them."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.newest import Newest
from nornir_hygiene.history.tables import audits, hosts, outcomes, storable
from nornir_hygiene.models.hygiene import Coverage, Missed
from nornir_hygiene.models.run import Totals


def coverage_of(
    fleet: Iterable[Newest], times: Collection[datetime], expected: Iterable[str], missed: tuple[Missed, ...] = ()
) -> Coverage:
    """`times`: when audits of these hosts began. `expected`: names that should have been in one."""
    known = list(fleet)
    outcome = Counter(one.outcome for one in known)
    reasons = Counter(one.reason for one in known if one.reason)
    audited = {one.host for one in known}
    return Coverage(
        totals=Totals(
            selected=len(known), **{name: outcome[name] for name in Totals.model_fields if name != "selected"}
        ),
        reasons=tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        never=tuple(sorted(name for name in expected if storable(name) not in audited)),
        audits=len(times),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        missed=missed,
    )


def audit_times(
    connection: Connection, since: datetime, until: datetime, host_names: Collection[str] | None = None
) -> tuple[datetime, ...]:
    """When each audit began, after `since` and not after `until`, that had one of these hosts in it."""
    query = select(audits.c.id, audits.c.started_at).where(audits.c.started_at > since, audits.c.started_at <= until)
    if host_names is None:
        return tuple(row.started_at for row in connection.execute(query))
    with_them = query.distinct().join(outcomes, outcomes.c.audit_id == audits.c.id)
    with_them = with_them.join(hosts, hosts.c.id == outcomes.c.host_id)
    found: dict[int, datetime] = {}
    for some in chunks(sorted(map(storable, host_names))):
        rows = connection.execute(with_them.where(hosts.c.name.in_(some)))
        found |= {row.id: row.started_at for row in rows}
    return tuple(found.values())
