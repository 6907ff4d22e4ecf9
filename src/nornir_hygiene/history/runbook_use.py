"""How each runbook did in a span of time, told from the journal."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.repairs import target_key
from nornir_hygiene.history.tables import journal_table
from nornir_hygiene.models.hygiene import RunbookUse

# Everything else (healed by itself, left alone, waiting, broken off) says nothing about the runbook.
_COUNTED = {"repaired": "repaired", "failed": "failed", "not-helped": "failed", "refused": "refused"}


class _Run(NamedTuple):
    """`targets`: by key, the hosts each is about."""

    runbook: str
    targets: dict[str, frozenset[str]]


def runbook_uses(
    connection: Connection,
    since: datetime,
    until: datetime,
    came_back: Mapping[str, int],
    host_names: Collection[str] | None = None,
) -> tuple[RunbookUse, ...]:
    """Runs that began in the span, by runbook; each target of these hosts counts once, by the last that is told of it.

    `came_back`: by runbook, how many findings returned after its repair.
    """
    runs = {run_id: run for run_id, run in _runs(connection, since, until) if _about(run, host_names)}
    ends: dict[tuple[str, str], str] = {}
    for some in chunks(sorted(runs)):
        query = select(journal_table).where(journal_table.c.event == "target-ended", journal_table.c.run_id.in_(some))
        for row in connection.execute(query.order_by(journal_table.c.number)):
            ends[row.run_id, row.target] = json.loads(row.body)["result"]["end"]
    counts: dict[str, Counter[str]] = {run.runbook: Counter() for run in runs.values()}
    for run_id, run in runs.items():
        counts[run.runbook]["runs"] += 1
        for target in _about(run, host_names):
            counts[run.runbook][_COUNTED.get(ends.get((run_id, target), ""), "other")] += 1
    names = sorted(counts.keys() | came_back.keys())
    return tuple(_use(name, counts.get(name, Counter()), came_back.get(name, 0)) for name in names)


def _use(runbook: str, counts: Mapping[str, int], came_back: int) -> RunbookUse:
    fields = {name: counts.get(name, 0) for name in ("runs", "repaired", "failed", "refused", "other")}
    return RunbookUse(runbook=runbook, came_back=came_back, **fields)


def _about(run: _Run, host_names: Collection[str] | None) -> list[str]:
    """The targets of these hosts."""
    return [key for key, hosts in run.targets.items() if host_names is None or not hosts.isdisjoint(host_names)]


def _runs(connection: Connection, since: datetime, until: datetime) -> Iterator[tuple[str, _Run]]:
    query = select(journal_table.c.run_id, journal_table.c.body).where(
        journal_table.c.event == "run-started", journal_table.c.at > since, journal_table.c.at <= until
    )
    for row in connection.execute(query):
        plan: dict[str, Any] = json.loads(row.body)["plan"]
        targets = {target_key(target): frozenset((target["host"], *target["sufferers"])) for target in plan["targets"]}
        yield row.run_id, _Run(plan["runbook"], targets)
