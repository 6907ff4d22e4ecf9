"""`nr show [RUN]`: a saved audit once more."""

import sys
from typing import Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption


def show(
    run_id: Annotated[
        str, typer.Argument(metavar="[RUN]", help="A run id, or its beginning; the last run if left out.")
    ] = "",
    output: OutputOption = Format.TEXT,
) -> None:
    """Show a saved audit again."""
    from nornir_hygiene.cli.formats import print_report
    from nornir_hygiene.history.runs import load_run

    print_report(load_run(run_id), output, sys.stdout)
