"""`nr report`: what the history says of a fleet over a span of time, in the format people or machines want."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.run import GroupOption, HostOption
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ConfigError, ExitCode, UsageError

if TYPE_CHECKING:
    from nornir_hygiene.models.hygiene import HygieneReport


class ReportFormat(StrEnum):
    """text, md and html are for people; json has all of it; junit is for CI, openmetrics for a monitoring system."""

    TEXT = "text"
    HTML = "html"
    MD = "md"
    JSON = "json"
    JUNIT = "junit"
    OPENMETRICS = "openmetrics"


SinceOption = Annotated[
    str, typer.Option("--since", metavar="SPAN", help="How far back: a number and s, m, h, d or w, as in 24h, 7d.")
]
FormatOption = Annotated[ReportFormat, typer.Option("--output", "-o", help="The format.")]
ToOption = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write it there, whole or not at all, instead of printing.")
]


def report(
    since: SinceOption = "7d",
    group: GroupOption = None,
    host: HostOption = None,
    inventory: InventoryOption = None,
    output: FormatOption = ReportFormat.TEXT,
    to: ToOption = None,
) -> int:
    """Report on the fleet: coverage, causes, what is new, who leaks, what fills up, which runbooks helped.

    It asks no host: each counts as it came out of its newest audit in that time. Without --group and --host these are
    all hosts that were audited, and those of the project's inventory. Exit code 0 whenever there is a report, whatever
    it says: `nr run audit` is the check.
    """
    made = _report(since, tuple(group or ()), tuple(host or ()), inventory)
    if to is None:
        with results():
            sys.stdout.write(_rendered(made, output, sys.stdout))
    else:
        _write(to, _rendered(made, output, StringIO()))
    return ExitCode.CLEAN


def _report(since: str, groups: tuple[str, ...], hosts: tuple[str, ...], inventory: str | None) -> "HygieneReport":
    from nornir_hygiene.fleet.hygiene import Span, hygiene_report
    from nornir_hygiene.fleet.scope import refuse_strangers, scope_of
    from nornir_hygiene.fleet.suppressing import suppressions
    from nornir_hygiene.history.newest import known_hosts
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.models.span import parse_span

    now = datetime.now(UTC)
    try:
        span = Span(now - parse_span(since), now)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from None
    scope = scope_of(inventory, groups, hosts)
    if scope.why_without:
        say(f"nr: warning: the report does without an inventory: {scope.why_without}")
    entries = suppressions()
    store = open_store()
    refuse_strangers(hosts, frozenset(scope.groups) | known_hosts(store))
    return hygiene_report(store, span, scope, entries)


def _rendered(made: "HygieneReport", output: ReportFormat, stream: IO[str]) -> str:
    """Imports only what the format needs."""
    if output is ReportFormat.JSON:
        from nornir_hygiene.report.json import to_json

        return to_json(made, indent=2) + "\n"
    if output is ReportFormat.TEXT:
        from nornir_hygiene.report.hygiene_text import rendered

        return rendered(made, stream)
    return _page(made, output)


def _page(made: "HygieneReport", output: ReportFormat) -> str:
    if output is ReportFormat.HTML:
        from nornir_hygiene.report import html

        return html.render(made)
    if output is ReportFormat.MD:
        from nornir_hygiene.report import markdown

        return markdown.render(made)
    if output is ReportFormat.JUNIT:
        from nornir_hygiene.report import junit

        return junit.render(made)
    from nornir_hygiene.report import openmetrics

    return openmetrics.render(made)


def _write(path: Path, text: str) -> None:
    from nornir_hygiene.history.folder import write_atomically

    umask = os.umask(0o077)  # it can only be read by setting it
    os.umask(umask)
    content = text.encode("utf-8", "backslashreplace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a pipe or /dev/null: nothing may take its place
            return
        # As a shell's `>` would make it: a node exporter is another user.
        write_atomically(path.resolve(), content, 0o666 & ~umask)
    except OSError as error:
        raise ConfigError(f"the report cannot be written: {error.strerror or error}", path) from None
