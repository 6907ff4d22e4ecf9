"""The fleet at times of a span, for charts: hosts by outcome, open findings, sums of counts."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, or_, select

from nornir_hygiene.history.newest import Newest
from nornir_hygiene.history.tables import episodes, findings, hosts
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Moment


class Counts(NamedTuple):
    """The sums of one time, before anybody counted findings."""

    at: datetime
    selected: int
    observed: int
    zombies: int
    orphans: int
    blocked: int


def counts_of(at: datetime, fleet: Iterable[Newest]) -> Counts:
    """Each host as its newest audit told it by then."""
    known = list(fleet)
    return Counts(
        at=at,
        selected=len(known),
        observed=sum(one.outcome != "not_observed" for one in known),
        zombies=sum(one.zombies for one in known),
        orphans=sum(one.orphans for one in known),
        blocked=sum(one.blocked for one in known),
    )


def with_findings(connection: Connection, counts: Sequence[Counts], host_names: Iterable[str]) -> tuple[Moment, ...]:
    """Adds the findings that were there at each time; `counts` are in the order of time.

    One that is still there counts by what it is now, one that went by the worst it came to.
    """
    if not counts:
        return ()
    times, wanted = [one.at for one in counts], frozenset(host_names)
    # How many more of a severity there are than one time earlier; the place after the last takes what never ended.
    more = {severity: [0] * (len(times) + 1) for severity in Severity}
    for row in connection.execute(_there(times[0], times[-1])):
        if row.name in wanted:
            severity = Severity(row.severity if row.ended_at is None else row.worst)
            more[severity][bisect_left(times, row.begun_at)] += 1
            more[severity][len(times) if row.ended_at is None else bisect_left(times, row.ended_at)] -= 1
    told, there = [], dict.fromkeys(Severity, 0)
    for place, one in enumerate(counts):
        there = {severity: there[severity] + more[severity][place] for severity in Severity}
        told.append(Moment(**one._asdict(), **{severity.value: there[severity] for severity in Severity}))
    return tuple(told)


def _there(first: datetime, last: datetime) -> Select[Any]:
    return (
        select(hosts.c.name, episodes.c.begun_at, episodes.c.ended_at, episodes.c.worst, findings.c.severity)
        .join(findings, findings.c.id == episodes.c.finding_id)
        .join(hosts, hosts.c.id == findings.c.host_id)
        .where(episodes.c.begun_at <= last, or_(episodes.c.ended_at.is_(None), episodes.c.ended_at > first))
    )
