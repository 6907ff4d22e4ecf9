"""`nr diagnose RECORDING...`: yesterday's bytes, today's code; nobody is asked."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption, print_report
from nornir_hygiene.cli.run import FailOnOption, RequireAllOption
from nornir_hygiene.models.finding import Severity

RecordingsArgument = Annotated[
    list[Path], typer.Argument(metavar="RECORDING", help="Files written by nr run record, or folders of them.")
]


def diagnose(
    recordings: RecordingsArgument,
    output: OutputOption = Format.TEXT,
    fail_on: FailOnOption = Severity.WARNING,
    require_all: RequireAllOption = False,
) -> int:
    """Diagnose recorded hosts again, offline.

    The same files give the same bytes; the thresholds are those of the day they were recorded.
    """
    from nornir_hygiene.fleet.replay import recording_files, replay
    from nornir_hygiene.report.verdict import verdict

    report = replay(recording_files(recordings))
    print_report(report, output, sys.stdout)
    return verdict(report, fail_on, require_all=require_all)
