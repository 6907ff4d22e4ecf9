"""`nr threads HOST PID`: what each thread of one process does or waits for."""

from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.look import HostArgument, Look, RecordingOption, show
from nornir_hygiene.cli.run import TimeoutOption
from nornir_hygiene.errors import UsageError

if TYPE_CHECKING:
    from nornir_hygiene.diagnose.scene import Scene
    from nornir_hygiene.models.view import ThreadTable

# Linux: PID_MAX_LIMIT is 2^22.
PidArgument = Annotated[int, typer.Argument(metavar="PID", min=1, max=4194304, help="A process of that host.")]


def threads(
    host: HostArgument,
    pid: PidArgument,
    inventory: InventoryOption = None,
    timeout: TimeoutOption = 30.0,
    recording: RecordingOption = None,
    output: OutputOption = Format.TEXT,
) -> int:
    """Show the threads of one process: state, wait, switches, when each last ran, stack."""
    from nornir_hygiene.diagnose.views import thread_table
    from nornir_hygiene.report.views import thread_lines

    def view(scene: "Scene") -> "ThreadTable":
        if pid not in scene.processes:
            raise UsageError(f"there is no process {pid} on {host}", f"nr tree {host} shows all")
        return thread_table(scene, pid)

    return show(Look("threads", host, pid, inventory, timeout, recording, output), view, thread_lines)
