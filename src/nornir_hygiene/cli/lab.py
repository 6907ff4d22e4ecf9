"""`nr lab up|status|fault|heal|down`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nornir_hygiene.cli.lab_demo import lab_demo
from nornir_hygiene.errors import NrError
from nornir_hygiene.lab import FAULTS, Lab, Planted
from nornir_hygiene.lab.faults import fault_named
from nornir_hygiene.lab.lab import take_down
from nornir_hygiene.lab.model import LabState
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.lab.teardown import anything_left
from nornir_hygiene.lab.vm.faults import VM_FAULTS
from nornir_hygiene.lab.vm.roster import MOST

lab_app = typer.Typer(
    help="A throw-away fleet of real systemd hosts on this machine, and real faults to put into them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

lab_app.command(name="demo")(lab_demo)


@lab_app.command()
def up(
    seed: Annotated[int | None, typer.Option(help="Draw names, counts and places from it; else a new one.")] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without Ceph: faster, no rbd faults.")] = False,
    vm: Annotated[int, typer.Option(min=0, max=MOST, help="So many hosts with a kernel of their own beside them.")] = 0,
) -> None:
    """Start six hosts, Ceph on two of them, and write their inventory."""
    lab = Lab.up(seed, bare=bare, vms=vm)
    typer.echo(f"up: seed {lab.state.seed}, inventory {INVENTORY_DIR}")


@lab_app.command()
def status() -> None:
    """Show the hosts, whether they run, and what is planted."""
    if not Lab.is_up():
        typer.echo("a lab is half there: `nr lab down` clears it" if anything_left() else "the lab is not up")
        return
    known = Lab().state
    typer.echo(f"seed {known.seed}")
    Console(soft_wrap=True).print(_table(known))


@lab_app.command()
def fault(
    name: Annotated[str, typer.Argument(help="One of: " + ", ".join(f.name for f in (*FAULTS, *VM_FAULTS)) + ".")],
    host: Annotated[
        list[str] | None, typer.Option(help="Plant it there; else the seed decides. Several: one OSD behind them all.")
    ] = None,
    twin: Annotated[bool, typer.Option(help="Plant the healthy twin on the clean host, too.")] = True,
) -> None:
    """Plant a fault, and beside it a healthy state that looks like it."""
    hosts = host or []
    if len(hosts) > 1:
        several = Lab().plant_for(name, hosts, twin=twin)
    else:
        several = [Lab().plant(name, host=hosts[0] if hosts else None, twin=twin)]
    for planted in several:
        typer.echo(f"{planted.fault} on {planted.host}: {_facts(planted)}")


@lab_app.command()
def heal(name: Annotated[str | None, typer.Argument(help="The fault to undo; all of them without.")] = None) -> None:
    """Undo a fault exactly, and its twin with it."""
    lab = Lab()
    if name is not None:
        fault_named(name)  # a misspelt name is an error, not "nothing to heal"
    found = [planted for planted in lab.state.planted if name in (None, planted.fault)]
    for planted in {planted.fault: planted for planted in reversed(found)}.values():
        lab.heal(planted)
        typer.echo(f"healed {planted.fault}")


@lab_app.command()
def down() -> None:
    """Remove all of it, from any state. The image stays in the cache."""
    take_down()


def _table(state: LabState) -> Table:
    table = Table("host", "address", "group", "runs", "planted", box=None, pad_edge=False)
    for spec in (*(record.spec for record in state.hosts), *(record.spec for record in state.vms)):
        names = [("twin of " if p.twin else "") + p.fault for p in state.planted if p.host == spec.name]
        table.add_row(spec.name, spec.address, spec.group, "yes", ", ".join(names))
    for entry in state.entries:
        table.add_row(entry.name, f"{entry.hostname}:{entry.port}", entry.group, "-", entry.expected_reason or "")
    return table


def _facts(planted: Planted) -> str:
    told = planted.facts.model_dump(exclude_defaults=True)
    return ", ".join(f"{name} {value}" for name, value in told.items() if name != "pids")


if __name__ == "__main__":
    try:
        lab_app()
    except NrError as error:
        sys.stderr.write(f"nr lab: {error}\n")
        sys.exit(error.exit_code)
