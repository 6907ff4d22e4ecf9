"""The commands of `nr`, by name. Each command's module imports what it needs only when it is run."""

from typing import Annotated

import typer

from nornir_hygiene import __version__
from nornir_hygiene.cli.apply import apply, resume
from nornir_hygiene.cli.approve import approve
from nornir_hygiene.cli.db import db
from nornir_hygiene.cli.diagnose import diagnose
from nornir_hygiene.cli.explain import explain
from nornir_hygiene.cli.history import history
from nornir_hygiene.cli.lab_mount import lab
from nornir_hygiene.cli.list import list_content
from nornir_hygiene.cli.notify import notify
from nornir_hygiene.cli.plan import plan
from nornir_hygiene.cli.report import report
from nornir_hygiene.cli.run import run
from nornir_hygiene.cli.runs import runs
from nornir_hygiene.cli.schedule import schedule
from nornir_hygiene.cli.schema import schema
from nornir_hygiene.cli.show import show
from nornir_hygiene.cli.threads import threads
from nornir_hygiene.cli.tree import tree

app = typer.Typer(
    name="nr",
    help="Asks every Linux host of a fleet what its processes are waiting for, and says which of that is a problem.",
    epilog="Exit codes: 0 nothing found; 1 findings; 2 wrong usage; 3 a host was not observed; 4 a step failed; "
    "5 a bug in nr; 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(run)
app.command(name="list")(list_content)
app.command()(tree)
app.command()(threads)
app.command()(plan)
app.command()(approve)
app.command()(apply)
app.command()(resume)
app.add_typer(runs)
app.add_typer(history)
app.command()(report)
app.add_typer(schedule)
app.add_typer(db)
app.command()(notify)
app.command()(diagnose)
app.command()(explain)
app.command()(show)
app.command()(schema)
# Its arguments belong to the lab's own command line, which is loaded only when it is asked for.
app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(lab)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nr {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What all commands share."""


@app.command()
def version() -> None:
    """Print the version."""
    _print_version(True)
