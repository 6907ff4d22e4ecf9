"""A tracer with one tracee, which it holds or lets run. Arguments: comm, skip, hold."""

import ctypes
import os
import time

from . import stage

_ATTACH, _SEIZE = 16, 0x4206


def main() -> None:
    """Fork the tracee, attach (which stops it) or seize (which does not), report, do nothing more."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        stage.rename(arguments["comm"])
        stage.sleep_for_ever()
    time.sleep(0.1)
    ptrace(_ATTACH if arguments["hold"] else _SEIZE, pid)
    if arguments["hold"]:
        os.waitpid(pid, 0)
    stage.report({"pid": pid, "parent_pid": os.getpid()})
    stage.sleep_for_ever()


def ptrace(request: int, pid: int) -> None:
    """One request without data."""
    if stage.LIBC.ptrace(request, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


if __name__ == "__main__":
    main()
