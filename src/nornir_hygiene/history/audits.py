"""Writes an audit into the history: one transaction, whole or not at all."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.episodes import keep_episodes
from nornir_hygiene.history.gauges import keep_levels
from nornir_hygiene.history.seen import Seen
from nornir_hygiene.history.store import writing
from nornir_hygiene.history.tables import audits, hosts, outcomes, storable
from nornir_hygiene.models.census import Census
from nornir_hygiene.models.run import AuditReport, HostReport

_NONE = Census(processes=0, zombies=0, orphans=0, blocked=0)


class _Known(NamedTuple):
    host_id: int
    seen_at: datetime | None


def keep_audit(engine: Engine, report: AuditReport) -> bool:
    """False if it is there already. Raises SQLAlchemyError: nothing of the audit is kept then."""
    with writing(engine) as connection, connection.begin():
        if connection.execute(select(audits.c.id).where(audits.c.run_id == report.run_id)).first():
            return False
        audit_id = _keep_frame(connection, report)
        known = _known_hosts(connection, [host.host for host in report.hosts])
        _keep_outcomes(connection, audit_id, report.hosts, known)
        seen = [_seen(report.started_at, host, known[host.host]) for host in report.hosts if not host.not_observed]
        keep_episodes(connection, seen)
        keep_levels(connection, seen)
        _keep_newest(connection, seen)
    return True


def _keep_frame(connection: Connection, report: AuditReport) -> int:
    frame = report.model_dump(include={"run_id", "started_at", "finished_at", "selection", "interrupted"})
    given = insert(audits).values(**frame, **report.totals.model_dump()).returning(audits.c.id)
    return int(connection.execute(given).scalar_one())


def _known_hosts(connection: Connection, names: list[str]) -> dict[str, _Known]:
    """Each of them, those that are new included."""
    stored = {name: storable(name) for name in names}
    known = _stored_hosts(connection, list(stored.values()))
    new = [name for name in stored.values() if name not in known]
    if new:
        connection.execute(insert(hosts), [{"name": name} for name in new])
        known |= _stored_hosts(connection, new)
    return {name: known[stored[name]] for name in names}


def _stored_hosts(connection: Connection, names: list[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for some in chunks(names):
        rows = connection.execute(select(hosts).where(hosts.c.name.in_(some)))
        found |= {row.name: _Known(row.id, row.seen_at) for row in rows}
    return found


def _keep_outcomes(
    connection: Connection, audit_id: int, reports: Iterable[HostReport], known: dict[str, _Known]
) -> None:
    rows = [_outcome(report) | {"audit_id": audit_id, "host_id": known[report.host].host_id} for report in reports]
    if rows:
        connection.execute(insert(outcomes), rows)


def _outcome(report: HostReport) -> dict[str, Any]:
    census = report.census or _NONE
    return {
        "outcome": report.place,
        "reason": report.not_observed.reason if report.not_observed else "",
        "processes": report.process_count,
        "zombies": census.zombies,
        "orphans": census.orphans,
        "blocked": census.blocked,
    }


def _seen(at: datetime, report: HostReport, known: _Known) -> Seen:
    newest = known.seen_at is None or at > known.seen_at
    return Seen(known.host_id, at, report, whole=newest and report.complete)


def _keep_newest(connection: Connection, seen: Iterable[Seen]) -> None:
    rows = [{"which": one.host_id, "now": one.at} for one in seen if one.whole]
    if rows:
        connection.execute(update(hosts).where(hosts.c.id == bindparam("which")).values(seen_at=bindparam("now")), rows)
