"""`-o`: which format a result is printed in."""

from enum import StrEnum
from typing import IO, TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.streams import results

if TYPE_CHECKING:
    from nornir_hygiene.models.run import AuditReport
    from nornir_hygiene.report.task_results import TaskReport


class Format(StrEnum):
    """text is for people, json one document, jsonl one line per host and one for the totals."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


OutputOption = Annotated[Format, typer.Option("--output", "-o", help="How results are printed.")]


def print_report(report: "AuditReport", output: Format, stream: IO[str]) -> None:
    """Prints an audit; imports only what the format needs."""
    with results():
        if output is Format.TEXT:
            from nornir_hygiene.report import text

            stream.write(text.rendered(report, stream))
        elif output is Format.JSON:
            from nornir_hygiene.report import json

            stream.write(json.render(report))
        else:
            from nornir_hygiene.report import jsonl

            stream.write(jsonl.render(report))


def print_task_report(report: "TaskReport", output: Format, stream: IO[str]) -> None:
    """Prints what a task gave back on each host."""
    from nornir_hygiene.report import task_results

    with results():
        if output is Format.TEXT:
            stream.writelines(f"{line}\n" for line in task_results.text_lines(report))
        else:
            stream.write(task_results.json_text(report) if output is Format.JSON else task_results.jsonl_text(report))
