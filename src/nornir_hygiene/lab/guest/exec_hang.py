"""A child stuck inside execve. Arguments: comm, skip, file, go.

The child opens `file` close-on-exec; its execve closes it, which waits for a FLUSH the server never answers.
"""

import os
import time
from pathlib import Path

from . import stage


def main() -> None:
    """Fork the child, report it, wait: the unit's main process itself stays readable."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        _exec_when_told(arguments["comm"], arguments["file"], Path(arguments["go"]))
    os.waitpid(pid, 0)
    stage.sleep_for_ever()


def _exec_when_told(comm: str, file: str, go: Path) -> None:
    stage.rename(comm)
    os.open(file, os.O_RDONLY)  # Python opens close-on-exec
    stage.report({"pid": os.getpid(), "parent_pid": os.getppid()})
    while not go.exists():
        time.sleep(0.02)
    os.execv("/bin/sleep", [comm, "3600"])  # noqa: S606


if __name__ == "__main__":
    main()
