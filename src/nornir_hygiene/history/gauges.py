"""Counts over time: per host, what is counted and whose it is, as runs of equal values."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.seen import Seen
from nornir_hygiene.history.tables import gauges, levels, storable
from nornir_hygiene.models.census import Census

COUNTED = ("zombies", "orphans", "blocked")
LIMIT = "limit"
# Linux has at most 4 194 304 process ids: who says more than a column holds lies, and costs nobody else his history.
_MOST = 2**31 - 1


class Count(NamedTuple):
    """What a gauge says; None where nobody knows."""

    value: int | None
    limit: int | None = None


class _Key(NamedTuple):
    host_id: int
    what: str
    name_hash: str


class _Kept(NamedTuple):
    """A gauge as it is, with its newest value."""

    id: int
    from_at: datetime
    to_at: datetime
    level: Count


def keep_levels(connection: Connection, seen: Sequence[Seen]) -> None:
    """Only of hosts that were seen whole, and not of an audit that is kept late: half a count is no count."""
    whole = [one for one in seen if one.whole and one.report.census]
    known = _known(connection, [one.host_id for one in whole])
    new: list[dict[str, Any]] = []
    past: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for one in whole:
        told = {_key(one.host_id, what, name): (name, level) for what, name, level in _told(_census(one))}
        of_host = known[one.host_id]
        new += [_new(key, name, level, one.at) for key, (name, level) in told.items() if key not in of_host]
        for key, kept in of_host.items():
            level = told[key][1] if key in told else _absent(key.what)
            if level != kept.level:
                past += [_past(kept)] if kept.level.value is not None else []
                moved.append(_moved(kept.id, one.at, one.at, level))
            elif level.value:  # a zero lasts by itself
                moved.append(_moved(kept.id, kept.from_at, one.at, level))
    _write(connection, new, past, moved)


def counts_of(census: Census) -> Iterator[tuple[tuple[str, str], Count]]:
    """What is counted and the hash of whose, as a gauge is found by on its host; and how much."""
    for what, name, level in _told(census):
        yield (what, _hash(name)), level


def _census(one: Seen) -> Census:
    assert one.report.census is not None  # noqa: S101  # chosen above
    return one.report.census


def _told(census: Census) -> Iterator[tuple[str, str, Count]]:
    """What is counted, whose, and how much; owners without any are left out."""
    for owner in census.owners:
        for what in COUNTED:
            if getattr(owner, what):
                yield what, owner.owner, Count(min(getattr(owner, what), _MOST))
    for limit in census.limits:
        yield LIMIT, limit.name, Count(min(limit.used, _MOST), min(limit.limit, _MOST))


def _absent(what: str) -> Count:
    """Nobody counted any more is none; a limit that is not told any more has a use nobody knows."""
    return Count(None) if what == LIMIT else Count(0)


def _key(host_id: int, what: str, name: str) -> _Key:
    return _Key(host_id, what, _hash(name))


def _hash(name: str) -> str:
    return hashlib.sha256(storable(name).encode()).hexdigest()


def _new(key: _Key, name: str, level: Count, at: datetime) -> dict[str, Any]:
    return {**key._asdict(), "name": name, "from_at": at, "to_at": at, **level._asdict()}


def _past(kept: _Kept) -> dict[str, Any]:
    return {"gauge_id": kept.id, "from_at": kept.from_at, "to_at": kept.to_at, **kept.level._asdict()}


def _moved(gauge_id: int, from_at: datetime, to_at: datetime, level: Count) -> dict[str, Any]:
    return {"which": gauge_id, "since": from_at, "until": to_at, "now": level.value, "most": level.limit}


def _write(
    connection: Connection, new: list[dict[str, Any]], past: list[dict[str, Any]], moved: list[dict[str, Any]]
) -> None:
    if new:
        connection.execute(insert(gauges), new)
    if past:
        connection.execute(insert(levels), past)
    if moved:
        which = update(gauges).where(gauges.c.id == bindparam("which"))
        connection.execute(
            which.values(
                from_at=bindparam("since"), to_at=bindparam("until"), value=bindparam("now"), limit=bindparam("most")
            ),
            moved,
        )


def _known(connection: Connection, host_ids: Sequence[int]) -> dict[int, dict[_Key, _Kept]]:
    """By host: each looks through its own gauges alone, or the time would grow with the square of the fleet."""
    found: dict[int, dict[_Key, _Kept]] = {host_id: {} for host_id in host_ids}
    for some in chunks(host_ids):
        for row in connection.execute(select(gauges).where(gauges.c.host_id.in_(some))):
            key = _Key(row.host_id, row.what, row.name_hash)
            found[row.host_id][key] = _Kept(row.id, row.from_at, row.to_at, Count(row.value, row.limit))
    return found
