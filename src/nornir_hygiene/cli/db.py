"""`nr db`: the history's database itself."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode, UsageError

db = typer.Typer(
    name="db",
    help="The database of the history: SQLite in your data folder, or what NR_HISTORY_URL names "
    "(postgresql+psycopg://user@host/name).",
    no_args_is_help=True,
)


@db.command()
def upgrade() -> int:
    """Make it, or bring it up to date; every other command does the same when it opens it."""
    from nornir_hygiene.history.store import open_store, revision, shown

    store = open_store()
    _tell(f"{shown(store.url)} is at {revision(store)}")
    return ExitCode.CLEAN


@db.command()
def check() -> int:
    """Is the journal as it was written, and how much is kept? Exit code 4 if the journal was changed."""
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.history.size import counted, stored_bytes
    from nornir_hygiene.history.store import open_store, shown

    store = open_store()
    rows = ", ".join(f"{count} {name}" for name, count in counted(store).items())
    _tell(f"{shown(store.url)}: {rows}; {stored_bytes(store)} bytes")
    broken = Journal(store, "").broken_at()
    if broken is None:
        return ExitCode.CLEAN
    say(f"nr: the journal was changed: entry {broken} is not as it was written")
    return ExitCode.STEP_FAILED


@db.command()
def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="SPAN", help="In the place of both spans of retention.yaml: 30d.")
    ] = "",
) -> int:
    """Forget audits and saved runs older than `retention.yaml` says (90d and 14d without), and what had ended by then.

    Every audit does the same. The journal is never shortened.
    """
    from nornir_hygiene.fleet.retaining import retention
    from nornir_hygiene.history.retention import forget, forget_runs
    from nornir_hygiene.history.store import open_store

    wanted, now = retention(), datetime.now(UTC)
    span = _span(older_than) if older_than else None
    store = open_store()
    runs = forget_runs(store, now - (span or wanted.saved_runs))
    gone = forget(store, now - (span or wanted.history))
    _tell(
        f"forgotten: {gone.audits} audits, {gone.episodes} episodes of findings, {gone.levels} values, "
        f"{runs} saved runs"
    )
    return ExitCode.CLEAN


def _span(text: str) -> timedelta:
    from nornir_hygiene.models.span import parse_span

    try:
        return parse_span(text)
    except ValueError as error:
        raise UsageError(f"--older-than: {error}") from None


@db.command(name="import")
def import_() -> int:
    """Take the saved runs into the history that it does not have yet."""
    from nornir_hygiene.history.retention import import_runs
    from nornir_hygiene.history.store import open_store

    done = import_runs(open_store())
    for why in done.broken:
        say(f"nr: left out: {why}")
    _tell(f"new in the history: {done.audits} audits")
    return ExitCode.CLEAN


def _tell(line: str) -> None:
    from nornir_hygiene.report.safe import safe

    with results():
        sys.stdout.write(f"{safe(line)}\n")
