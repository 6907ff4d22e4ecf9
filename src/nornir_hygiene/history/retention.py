"""What is forgotten, and what of the run files is taken into the history later."""

from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Engine, and_, delete, exists, or_, select

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.history.store import writing
from nornir_hygiene.history.tables import audits, episodes, findings, gauges, hosts, levels, outcomes
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import AuditReport


class Forgotten(Frozen):
    """How much was deleted."""

    audits: int = 0
    episodes: int = 0
    levels: int = 0
    saved_runs: int = 0


class Imported(Frozen):
    """How many audits are new in the history, and which files are none, with the reason."""

    audits: int
    broken: tuple[str, ...]


def forget(engine: Engine, before: datetime) -> Forgotten:
    """Audits from before that time, and what had ended by then. The journal is never shortened.

    An episode that reaches into the time that is kept is kept whole, and so is the value a gauge still has.
    """
    with writing(engine) as connection, connection.begin():
        old = connection.execute(delete(audits).where(audits.c.started_at < before)).rowcount
        ended = connection.execute(delete(episodes).where(episodes.c.ended_at < before)).rowcount
        past = connection.execute(delete(levels).where(levels.c.to_at < before, _is_over(before))).rowcount
        connection.execute(delete(findings).where(~exists(select(1).where(episodes.c.finding_id == findings.c.id))))
        silent = and_(gauges.c.to_at < before, gauges.c.value.is_(None) | (gauges.c.value == 0))
        connection.execute(delete(gauges).where(silent, ~exists(select(1).where(levels.c.gauge_id == gauges.c.id))))
        used = (outcomes.c.host_id, findings.c.host_id, gauges.c.host_id)
        connection.execute(delete(hosts).where(*(~exists(select(1).where(column == hosts.c.id)) for column in used)))
    return Forgotten(audits=old, episodes=ended, levels=past)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """A zero lasts longer than its `to_at`: until the value that came next."""
    later = levels.alias("later")
    followed = select(1).where(
        later.c.gauge_id == levels.c.gauge_id, later.c.from_at > levels.c.to_at, later.c.from_at < before
    )
    ended = select(1).where(
        gauges.c.id == levels.c.gauge_id, gauges.c.from_at > levels.c.to_at, gauges.c.from_at < before
    )
    return or_(levels.c.value != 0, exists(followed), exists(ended))


def oldest_audit(engine: Engine) -> datetime | None:
    """When the oldest audit that is kept began."""
    with engine.connect() as connection:
        return connection.execute(select(audits.c.started_at).order_by(audits.c.started_at).limit(1)).scalar()


def forget_runs(engine: Engine, before: datetime) -> int:
    """Saved audits that began before that time; how many. Their names tell the time. Raises OSError.

    The last one with a finding that is not gone is kept: its evidence and its cause are nowhere else.
    """
    last = f"{before.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = [path for path in runs_folder().glob("????????T??????Z-*.json") if path.stem < last]
    needed = _needed(engine) if names else frozenset()
    old = [path for path in names if path.stem not in needed]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _needed(engine: Engine) -> frozenset[str]:
    """The audits that saw an open finding last."""
    last_seen = select(episodes.c.last_seen_at).where(episodes.c.ended_at.is_(None))
    query = select(audits.c.run_id).where(audits.c.started_at.in_(last_seen))
    with engine.connect() as connection:
        return frozenset(connection.execute(query).scalars())


def import_runs(engine: Engine) -> Imported:
    """Every saved run that the history does not have, in the order of time. A broken file costs only itself."""
    new, broken = 0, []
    for path in sorted(runs_folder().glob("*.json")):
        try:
            report = AuditReport.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            broken.append(f"{path}: {str(error).splitlines()[0]}")
            continue
        new += keep_audit(engine, report)
    return Imported(audits=new, broken=tuple(broken))
