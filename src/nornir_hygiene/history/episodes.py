"""Findings over time: each is kept once, and each time it was there as an episode."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select, update

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.seen import Seen
from nornir_hygiene.history.tables import episodes, findings
from nornir_hygiene.models.finding import Finding, Severity

# More of a summary tells nothing new, and it may carry what a host made up.
_LONGEST = 2000


class _Open(NamedTuple):
    """An episode as it is kept."""

    id: int
    finding_id: int
    host_id: int
    begun_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    worst: str
    worse_at: datetime | None
    gaps: str


def keep_episodes(connection: Connection, seen: Sequence[Seen]) -> None:
    """Begins, lengthens and ends them. What was not seen whole ends nothing."""
    ids = _keep_findings(connection, seen)
    newest = _open(connection, seen)
    of_hosts: dict[int, list[_Open]] = defaultdict(list)
    for last in newest.values():
        of_hosts[last.host_id].append(last)
    begun, longer, ended = [], [], []
    for one in seen:
        there = {ids[finding.fingerprint]: finding for finding in one.report.findings}
        for finding_id, finding in there.items():
            known = newest.get(finding_id)
            if known is None or not _goes_on(known, one.at):
                begun.append(_begun(finding_id, finding, one))
            else:
                longer.append(_longer(known, finding, one))
        gone = (last for last in of_hosts[one.host_id] if last.finding_id not in there)
        ended += [{"which": last.id, "now": one.at} for last in gone if _ends(last, one)]
    _write(connection, begun, longer, ended)


def _goes_on(last: _Open, at: datetime) -> bool:
    """Also for an audit that is kept late: one within an episode belongs to it."""
    return last.begun_at <= at if last.ended_at is None else last.begun_at <= at < last.ended_at


def _ends(last: _Open, one: Seen) -> bool:
    return (
        last.ended_at is None
        and one.whole
        and one.at > last.last_seen_at
        and one.gaps <= frozenset(last.gaps.split("\n"))
    )


def _begun(finding_id: int, finding: Finding, one: Seen) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "begun_at": one.at,
        "last_seen_at": one.at,
        # Of an audit that is kept late nobody knows when it ended; a later one did not see it.
        "ended_at": None if one.whole or not one.report.complete else one.at,
        "times_seen": 1,
        "worst": finding.severity.value,
        "worse_at": None,
        "gaps": "\n".join(sorted(one.gaps)),
    }


def _longer(last: _Open, finding: Finding, one: Seen) -> dict[str, Any]:
    worst = max(Severity(last.worst), finding.severity, key=lambda severity: severity.rank)
    late = one.at < last.last_seen_at
    return {
        "which": last.id,
        "now": last.last_seen_at if late else one.at,
        "worse": worst.value,
        "at_worst": last.worse_at if worst.value == last.worst else one.at,
        "without": last.gaps if late else "\n".join(sorted(one.gaps)),
    }


def _write(
    connection: Connection, begun: list[dict[str, Any]], longer: list[dict[str, Any]], ended: list[dict[str, Any]]
) -> None:
    if begun:
        connection.execute(insert(episodes), begun)
    which = update(episodes).where(episodes.c.id == bindparam("which"))
    if longer:
        connection.execute(
            which.values(
                last_seen_at=bindparam("now"),
                worst=bindparam("worse"),
                worse_at=bindparam("at_worst"),
                gaps=bindparam("without"),
                times_seen=episodes.c.times_seen + 1,
            ),
            longer,
        )
    if ended:
        connection.execute(which.values(ended_at=bindparam("now")), ended)


def _keep_findings(connection: Connection, seen: Sequence[Seen]) -> dict[str, int]:
    """The id of each finding by its fingerprint; what is said of it is said anew each time."""
    given = {finding.fingerprint: (one.host_id, finding) for one in seen for finding in one.report.findings}
    known = _ids(connection, list(given))
    new = [_finding(host_id, finding) for print_, (host_id, finding) in given.items() if print_ not in known]
    if new:
        connection.execute(insert(findings), new)
    told = [
        {"which": known[print_], "words": finding.summary[:_LONGEST], "degree": finding.severity.value}
        for print_, (_, finding) in given.items()
        if print_ in known
    ]
    if told:
        which = update(findings).where(findings.c.id == bindparam("which"))
        connection.execute(which.values(summary=bindparam("words"), severity=bindparam("degree")), told)
    return known | _ids(connection, [row["fingerprint"] for row in new])


def _finding(host_id: int, finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "host_id": host_id,
        "kind": finding.kind,
        "subject": str(finding.subject),
        "container": finding.container,
        "summary": finding.summary[:_LONGEST],
        "severity": finding.severity.value,
    }


def _ids(connection: Connection, fingerprints: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(fingerprints):
        rows = connection.execute(select(findings.c.fingerprint, findings.c.id).where(findings.c.fingerprint.in_(some)))
        found |= {row.fingerprint: row.id for row in rows}
    return found


def _open(connection: Connection, seen: Sequence[Seen]) -> dict[int, _Open]:
    """By finding, the episode that has not ended; of an audit that is kept late also the one it falls into."""
    found: dict[int, _Open] = {}
    for row in _rows(connection, [one.host_id for one in seen], {one.at for one in seen}):
        found[row.finding_id] = _Open(*row)
    return found


def _rows(connection: Connection, host_ids: Sequence[int], times: set[datetime]) -> Iterator[Row[Any]]:
    columns = (*(episodes.c[name] for name in _Open._fields if name != "host_id"), findings.c.host_id)
    within = [and_(episodes.c.begun_at <= at, episodes.c.ended_at > at) for at in times]
    query = (
        select(*sorted(columns, key=lambda column: _Open._fields.index(column.name)))
        .join(findings, findings.c.id == episodes.c.finding_id)
        .where(or_(episodes.c.ended_at.is_(None), *within))
        .order_by(episodes.c.begun_at.desc())
    )
    for some in chunks(host_ids):
        yield from connection.execute(query.where(findings.c.host_id.in_(some)))
