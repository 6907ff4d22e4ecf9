"""`nr lab demo`: a fleet, faults, audits, and whether the audits told the truth."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nornir_hygiene.errors import ExitCode
from nornir_hygiene.lab.demo import demo
from nornir_hygiene.lab.expectations import Verdict


def lab_demo(
    seed: Annotated[int | None, typer.Option(help="Play the same demo again; a new one without.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every fault the lab knows side by side: longer.")] = False,
) -> None:
    """Play the whole job on real hosts; exits 0 if every fault was named and nothing else was."""
    verdicts = demo(seed, everything=everything)
    # In a pipe there is no width to ask for, and a cut line hides what went wrong.
    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(_table(verdicts))
    wrong = [verdict for verdict in verdicts if verdict.wrong]
    typer.echo(f"{len(verdicts) - len(wrong)} of {len(verdicts)} expectations met; nr exited 1 each time, as it must")
    if wrong:
        raise typer.Exit(ExitCode.BUG)


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("host", "planted", "nr said", "", box=None, pad_edge=False)
    for verdict in verdicts:
        outcome = "WRONG: " + "; ".join(verdict.wrong) if verdict.wrong else "ok"
        table.add_row(verdict.host, verdict.what, verdict.said, outcome)
    return table
