"""`nr history`: which audits there were; `show` what was there at the time of one; `diff` what changed between two."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.streams import results
from nornir_hygiene.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

history = typer.Typer(name="history", help="What audits saw: all of them, one, or two beside each other.")
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="An audit of the history, or its beginning.")]


@history.callback(invoke_without_command=True)
def list_audits(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="How many, the newest first.")] = 20,
    output: OutputOption = Format.TEXT,
) -> int:
    """The newest audits of the history."""
    if context.invoked_subcommand is not None:
        return ExitCode.CLEAN
    from nornir_hygiene.history.queries import kept_audits
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.report.past import audit_line

    found = kept_audits(open_store(), limit)
    _print(map(audit_line, found), found, output)
    return ExitCode.CLEAN


@history.command()
def show(run: RunArgument = "", output: OutputOption = Format.TEXT) -> int:
    """What was there when an audit looked: since when, and how long it stayed."""
    from nornir_hygiene.history.queries import findings_at, kept_audit
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.report.past import finding_lines

    store = open_store()
    audit = kept_audit(store, run)
    found = findings_at(store, audit)
    _print(finding_lines(audit, found), found, output)
    return ExitCode.CLEAN


@history.command()
def diff(
    earlier: Annotated[str, typer.Argument(metavar="A", help="The earlier audit, or its beginning.")],
    later: Annotated[str, typer.Argument(metavar="B", help="The later one; left out: the newest.")] = "",
    output: OutputOption = Format.TEXT,
) -> int:
    """What is new in B, worse, gone, or stayed, of the hosts both selected. Exit code 1 if any is new or worse."""
    from nornir_hygiene.history.queries import difference, kept_audit
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.report.past import difference_lines

    store = open_store()
    found = difference(store, kept_audit(store, earlier), kept_audit(store, later))
    _print(difference_lines(found), (found,), output)
    return ExitCode.FINDINGS if found.new or found.worse else ExitCode.CLEAN


@history.command()
def since(
    when: Annotated[str, typer.Argument(metavar="WHEN", help="An audit, a date or time (UTC), or a span: 24h, 7d.")],
    output: OutputOption = Format.TEXT,
) -> int:
    """What is new since then, worse, gone, or stayed, of all hosts. Exit code 1 if any is new or worse."""
    from datetime import UTC, datetime

    from nornir_hygiene.history.given_time import time_of
    from nornir_hygiene.history.since import since_then
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.report.past import since_lines

    store, now = open_store(), datetime.now(UTC)
    found = since_then(store, time_of(store, when, now), now)
    _print(since_lines(found), (found,), output)
    return ExitCode.FINDINGS if found.new or found.worse else ExitCode.CLEAN


@history.command()
def trends(output: OutputOption = Format.TEXT) -> int:
    """Which counts grow, how fast, and when a limit is used up. Exit code 1 if any does."""
    from datetime import UTC, datetime

    from nornir_hygiene.history.series import growing
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.report.past import trend_line

    found = growing(open_store(), datetime.now(UTC))
    _print(map(trend_line, found), found, output)
    return ExitCode.FINDINGS if found else ExitCode.CLEAN


def _print(lines: "Iterable[str]", found: "Iterable[BaseModel]", output: Format) -> None:
    """Text; one JSON document per line; or all of them as one (a list, where there may be several)."""
    from nornir_hygiene.report.json import dumps
    from nornir_hygiene.report.safe import safe

    plain = [one.model_dump(mode="json") for one in found] if output is not Format.TEXT else []
    with results():
        if output is Format.TEXT:
            sys.stdout.writelines(f"{safe(line)}\n" for line in lines)
        elif output is Format.JSONL:
            sys.stdout.writelines(f"{dumps(one)}\n" for one in plain)
        else:
            sys.stdout.write(f"{dumps(plain, indent=2)}\n")
