"""What the history answers: which audits there were, what was there at a time, what came and went in between."""

from typing import Any

from sqlalchemy import Engine, RowMapping, Select, and_, func, or_, select

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.kept_findings import in_order, kept_finding, with_episodes
from nornir_hygiene.history.since import became_worse
from nornir_hygiene.history.tables import audits, episodes, hosts, outcomes, storable
from nornir_hygiene.models.past import Difference, KeptAudit, KeptFinding
from nornir_hygiene.models.run import Totals


def kept_audits(engine: Engine, limit: int = 20) -> tuple[KeptAudit, ...]:
    """The newest first."""
    query = select(audits).order_by(audits.c.started_at.desc(), audits.c.run_id.desc()).limit(limit)
    with engine.connect() as connection:
        return tuple(map(_audit, connection.execute(query).mappings()))


def kept_audit(engine: Engine, beginning: str) -> KeptAudit:
    """The newest one whose run id begins like this. Raises UsageError."""
    wanted = storable(beginning)
    # Not LIKE: for SQLite that is blind to capitals.
    query = select(audits).where(func.substr(audits.c.run_id, 1, len(wanted)) == wanted)
    with engine.connect() as connection:
        row = connection.execute(query.order_by(audits.c.started_at.desc()).limit(1)).mappings().first()
    if row is None:
        raise UsageError(f"there is no audit {beginning!r} in the history", "nr history shows all")
    return _audit(row)


def findings_at(engine: Engine, audit: KeptAudit) -> tuple[KeptFinding, ...]:
    """What was there when this audit looked, of the hosts it selected; also where it could not look itself."""
    at = audit.started_at
    there = and_(episodes.c.begun_at <= at, or_(episodes.c.ended_at.is_(None), episodes.c.ended_at > at))
    query = _with_findings(audit).where(there)
    with engine.connect() as connection:
        return in_order(map(kept_finding, connection.execute(query).mappings()))


def difference(engine: Engine, earlier: KeptAudit, later: KeptAudit) -> Difference:
    """Of the hosts both selected: what came, what went, what stayed or became worse, and what nobody knows of."""
    both = _selected(engine, earlier) & _selected(engine, later)
    seen = _observed(engine, later)
    before = {one.fingerprint: one for one in findings_at(engine, earlier) if one.host in both}
    after = {one.fingerprint: one for one in findings_at(engine, later) if one.host in both}
    known = {print_: one for print_, one in after.items() if one.host in seen}
    stayed = [one for print_, one in known.items() if print_ in before]
    worse = [one for one in stayed if became_worse(before[one.fingerprint], one, earlier.started_at, later.started_at)]
    return Difference(
        earlier=earlier,
        later=later,
        new=tuple(one for print_, one in known.items() if print_ not in before),
        worse=tuple(worse),
        gone=tuple(one for print_, one in before.items() if print_ not in after),
        still=tuple(one for one in stayed if one not in worse),
        unknown=tuple(one for one in after.values() if one.host not in seen),
    )


def _with_findings(audit: KeptAudit) -> Select[Any]:
    return (
        with_episodes()
        .join(outcomes, outcomes.c.host_id == hosts.c.id)
        .join(audits, audits.c.id == outcomes.c.audit_id)
        .where(audits.c.run_id == audit.run_id)
    )


def _names(audit: KeptAudit) -> Select[Any]:
    return (
        select(hosts.c.name)
        .join(outcomes, outcomes.c.host_id == hosts.c.id)
        .join(audits, audits.c.id == outcomes.c.audit_id)
        .where(audits.c.run_id == audit.run_id)
    )


def _selected(engine: Engine, audit: KeptAudit) -> frozenset[str]:
    with engine.connect() as connection:
        return frozenset(connection.execute(_names(audit)).scalars())


def _observed(engine: Engine, audit: KeptAudit) -> frozenset[str]:
    with engine.connect() as connection:
        return frozenset(connection.execute(_names(audit).where(outcomes.c.outcome != "not_observed")).scalars())


def _audit(told: RowMapping) -> KeptAudit:
    return KeptAudit(
        **{name: told[name] for name in KeptAudit.model_fields if name != "totals"},
        totals=Totals(**{name: told[name] for name in Totals.model_fields}),
    )
