"""`nr runs`: what was done, by whom, and how it ended; `nr runs show RUN`: every line of its journal."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.models.journal import JournalEntry

runs = typer.Typer(name="runs", help="What plans have done: all runs, or one in full.", no_args_is_help=False)
_SHOWN = ("detail", "outcome", "end", "why", "why_not", "says", "well", "escalate", "gone")


@runs.callback(invoke_without_command=True)
def list_runs(context: typer.Context) -> int:
    """Every run of a plan, how often each runbook helped, and whether the journal is as it was written."""
    if context.invoked_subcommand is not None:
        return ExitCode.CLEAN
    from nornir_hygiene.remediate.record import runs as every_run
    from nornir_hygiene.remediate.record import successes
    from nornir_hygiene.report.safe import safe

    journal = _journal()
    entries = tuple(journal.entries())
    lines = [f"{one.run_id}  {one.runbook}  {one.end}, {one.targets} targets, {one.who}" for one in every_run(entries)]
    rates = [f"{one.runbook} on {one.kind}: helped {one.repaired} of {one.tried}" for one in successes(entries)]
    with results():
        sys.stdout.writelines(f"{safe(line)}\n" for line in (*lines, *rates))
    return _checked(journal)


@runs.command()
def show(run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run, or its beginning.")]) -> int:
    """Every line of one run's journal, in order."""
    from nornir_hygiene.report.safe import safe

    journal = _journal()
    entries = [entry for entry in journal.entries() if entry.run_id.startswith(run_id)]
    if not entries:
        raise UsageError(f"there is no run {run_id!r} in the journal", "nr runs shows all")
    with results():
        sys.stdout.writelines(f"{safe(_line(entry))}\n" for entry in entries)
    return _checked(journal)


@runs.command()
def close(runbook: Annotated[str, typer.Argument(metavar="RUNBOOK", help="It did not help; you know why.")]) -> int:
    """Let a runbook be applied again after it failed: its breaker opened, and a person has looked."""
    from nornir_hygiene.content import playbook_data
    from nornir_hygiene.remediate.start import person

    playbook_data(runbook)
    _journal(person()).append("", "breaker-closed", runbook=runbook)
    say(f"nr: {runbook} may be applied again")
    return ExitCode.CLEAN


def _line(entry: "JournalEntry") -> str:
    told = {**entry.body, **entry.body.get("step", {}), **entry.body.get("result", {})}
    words = "; ".join(f"{name}: {told[name]}" for name in _SHOWN if told.get(name) not in (None, ""))
    return f"{entry.number}  {entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.event}  {entry.host}  {words}".rstrip()


def _journal(who: str = "") -> "Journal":
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.history.store import open_store

    return Journal(open_store(), who)


def _checked(journal: "Journal") -> int:
    broken = journal.broken_at()
    if broken is None:
        return ExitCode.CLEAN
    say(f"nr: the journal was changed: entry {broken} is not as it was written")
    return ExitCode.STEP_FAILED
