"""Which findings runs of runbooks repaired, told from the journal."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.tables import journal_table


class Repair(NamedTuple):
    """A run that began at one time and saw the finding gone at another."""

    runbook: str
    begun_at: datetime
    ended_at: datetime


def repairs(connection: Connection, until: datetime) -> dict[str, tuple[Repair, ...]]:
    """By fingerprint, in the order of time: all that ended in a repair until then. Whatever else was done is none."""
    ended = _repaired(connection, until)
    begun = _begun(connection, sorted({run_id for run_id, _, _ in ended}))
    found: dict[str, list[Repair]] = defaultdict(list)
    for run_id, target, at in ended:
        if run_id not in begun:
            continue
        started_at, plan = begun[run_id]
        for fingerprint in _fingerprints(plan, target):
            found[fingerprint].append(Repair(plan["runbook"], started_at, at))
    return {fingerprint: tuple(told) for fingerprint, told in found.items()}


def _repaired(connection: Connection, until: datetime) -> list[tuple[str, str, datetime]]:
    query = (
        select(journal_table.c.run_id, journal_table.c.target, journal_table.c.at, journal_table.c.body)
        .where(journal_table.c.event == "target-ended", journal_table.c.at <= until)
        .order_by(journal_table.c.number)
    )
    return [
        (row.run_id, row.target, row.at)
        for row in connection.execute(query)
        if json.loads(row.body)["result"]["end"] == "repaired"
    ]


def _begun(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[datetime, dict[str, Any]]]:
    query = select(journal_table.c.run_id, journal_table.c.at, journal_table.c.body)
    found: dict[str, tuple[datetime, dict[str, Any]]] = {}
    for some in chunks(run_ids):
        rows = connection.execute(query.where(journal_table.c.event == "run-started", journal_table.c.run_id.in_(some)))
        found |= {row.run_id: (row.at, json.loads(row.body)["plan"]) for row in rows}
    return found


def target_key(target: Mapping[str, Any]) -> str:
    """Target.key, of one that stands in the journal."""
    return str(target["cause"] or ",".join(target["fingerprints"]))


def _fingerprints(plan: dict[str, Any], key: str) -> Iterator[str]:
    for target in plan["targets"]:
        if key == target_key(target):
            yield from target["fingerprints"]
