"""The journal of runs: appended to before and after each step, chained by hash, read by `nr runs` and `nr resume`."""

import hashlib
import json
import syslog
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, insert, select

from nornir_hygiene.history.store import writing
from nornir_hygiene.history.tables import journal_table
from nornir_hygiene.models.journal import Event, JournalEntry

_FIRST = "0" * 64


class Journal:
    """Append-only. Several processes may write to one: each entry takes the next number in a transaction of its own."""

    def __init__(self, engine: Engine, who: str) -> None:
        self._engine = engine
        self._who = who

    def append(
        self, run_id: str, event: Event, *, target: str = "", host: str = "", token: str = "", **body: Any
    ) -> None:
        """Durable when it returns. Raises SQLAlchemyError: what cannot be written down is not done."""
        with writing(self._engine) as connection, connection.begin():
            last = connection.execute(
                select(journal_table.c.number, journal_table.c.hash).order_by(journal_table.c.number.desc()).limit(1)
            ).first()
            entry = _signed(
                JournalEntry(
                    number=last.number + 1 if last else 1,
                    at=datetime.now(UTC),
                    run_id=run_id,
                    event=event,
                    who=self._who,
                    target=target,
                    host=host,
                    token=token,
                    body=body,
                    before=last.hash if last else _FIRST,
                    hash="",
                )
            )
            connection.execute(insert(journal_table).values(**_row(entry)))
        _tell_syslog(entry)

    def entries(self, run_id: str = "") -> Iterator[JournalEntry]:
        """In order; of one run, or all."""
        query = select(journal_table).order_by(journal_table.c.number)
        if run_id:
            query = query.where(journal_table.c.run_id == run_id)
        with self._engine.connect() as connection:
            yield from map(_entry, connection.execute(query).mappings())

    def broken_at(self, head: str = "") -> int | None:
        """The number of the first entry that is not as it was written; `head`: a hash that must be in the chain.

        A chain rewritten as a whole is whole in itself: only a head that was kept elsewhere (the syslog) tells.
        """
        before, seen = _FIRST, set[str]()
        number = 0
        try:
            for number, entry in enumerate(self.entries(), start=1):  # the last number is the answer below
                if entry.number != number or entry.before != before or _signed(entry).hash != entry.hash:
                    return number
                before = entry.hash
                seen.add(before)
        except ValueError:  # the next one cannot even be read
            return number + 1
        return number + 1 if head and head not in seen else None


def _signed(entry: JournalEntry) -> JournalEntry:
    content = json.dumps({**entry.model_dump(mode="json", exclude={"hash"})}, sort_keys=True)
    return entry.model_copy(update={"hash": hashlib.sha256(content.encode()).hexdigest()})


def _row(entry: JournalEntry) -> dict[str, Any]:
    return {**entry.model_dump(), "body": json.dumps(entry.body, sort_keys=True)}


def _entry(row: RowMapping) -> JournalEntry:
    return JournalEntry.model_validate({**row, "body": json.loads(row["body"])})


def _tell_syslog(entry: JournalEntry) -> None:
    """The head of the chain, kept where whoever rewrites the database does not reach."""
    syslog.openlog("nornir-hygiene")
    syslog.syslog(f"journal {entry.number} {entry.hash} {entry.run_id} {entry.event} {entry.host}")
