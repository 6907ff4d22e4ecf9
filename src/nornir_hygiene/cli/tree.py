"""`nr tree HOST`: its processes with state, wait, start and place; zombies and orphans marked."""

from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.look import HostArgument, Look, RecordingOption, show
from nornir_hygiene.cli.run import TimeoutOption
from nornir_hygiene.errors import UsageError

if TYPE_CHECKING:
    from nornir_hygiene.diagnose.scene import Scene
    from nornir_hygiene.models.view import ProcessTree

AroundOption = Annotated[
    int | None, typer.Option("--around", metavar="PID", min=1, help="Only this process, those above and those below.")
]
KernelOption = Annotated[bool, typer.Option("--kernel", help="Show idle kernel threads, too.")]


def tree(
    host: HostArgument,
    around: AroundOption = None,
    kernel: KernelOption = False,
    inventory: InventoryOption = None,
    timeout: TimeoutOption = 30.0,
    recording: RecordingOption = None,
    output: OutputOption = Format.TEXT,
) -> int:
    """Show the process tree of a host."""
    from nornir_hygiene.collect.request import PLACES
    from nornir_hygiene.diagnose.views import process_tree
    from nornir_hygiene.report.views import tree_lines

    def view(scene: "Scene") -> "ProcessTree":
        if around is not None and around not in scene.processes:
            raise UsageError(f"there is no process {around} on {host}", "nr tree HOST shows all")
        return process_tree(scene, around, kernel=kernel)

    return show(Look("tree", host, PLACES, inventory, timeout, recording, output), view, tree_lines)
