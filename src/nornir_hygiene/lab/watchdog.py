"""The guard beside a fault that could hang the machine: undoes it after its time, whatever became of the planter.

A program of its own: `python -m nornir_hygiene.lab.watchdog ORDER`. It opens all it will need before it answers,
because afterwards an open could hang on the very fault it guards. Two are set on each such fault.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import nornir_hygiene
from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups, thaw
from nornir_hygiene.lab.command import run
from nornir_hygiene.lab.model import Process
from nornir_hygiene.lab.processes import identify
from nornir_hygiene.models.frozen import Frozen

AFTER_S = (20.0, 24.0)


class Order(Frozen):
    """What to undo and when: file systems to thaw, processes of the machine to end."""

    after_s: float
    thaw: tuple[str, ...] = ()
    kill: tuple[int, ...] = ()


def set_guards(name: str, *, thaw: tuple[str, ...] = (), kill: tuple[int, ...] = ()) -> tuple[Process, ...]:
    """Start two watchdogs in the lab's cgroups called `name`, and return once both are on guard."""
    folders = cgroups.create(name)
    return tuple(_start(folders, Order(after_s=after, thaw=thaw, kill=kill)) for after in AFTER_S)


def main() -> None:
    """Open everything, say so, sleep, undo."""
    order = Order.model_validate_json(sys.argv[1])
    folders = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in order.thaw]
    handles = [os.pidfd_open(pid) for pid in order.kill]
    print(os.getpid(), flush=True)  # noqa: T201  # the answer the planter waits for
    _let_go_of_streams()
    time.sleep(order.after_s)
    for folder in folders:
        thaw.thaw_open(folder)
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)


def _start(folders: list[Path], order: Order) -> Process:
    home = str(Path(nornir_hygiene.__file__).parents[1])  # also where the package is not installed
    command = [sys.executable, "-m", "nornir_hygiene.lab.watchdog", order.model_dump_json()]
    argv = ["env", f"PYTHONPATH={home}", "setsid", "--fork", *command]
    answer = run(cgroups.joining(folders, argv), timeout_s=20).stdout
    process = identify(int(answer)) if answer.strip().isdigit() else None
    if process is None:
        raise LabError("a watchdog did not start; nothing was planted")
    return process


def _let_go_of_streams() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


if __name__ == "__main__":
    main()
