"""Healthy: a daemon made the old way. Re-parented to init, its session's leader gone, yet its unit's main process.

Arguments: comm, count, pidfile. Its workers are its children and end with it.
"""

import os
from pathlib import Path

from . import stage


def main() -> None:
    """Fork twice, say who is the daemon, keep workers."""
    arguments = stage.arguments()
    if os.fork():
        _leave_when_written(Path(arguments["pidfile"]))
    os.setsid()
    if os.fork():
        os._exit(0)
    workers = [_worker(arguments["comm"]) for _ in range(arguments["count"])]
    stage.report({"pid": os.getpid(), "pids": workers})
    Path(arguments["pidfile"]).write_text(str(os.getpid()))
    stage.sleep_for_ever()


def _worker(comm: str) -> int:
    pid = os.fork()
    if pid == 0:
        stage.rename(comm)
        stage.sleep_for_ever()
    return pid


def _leave_when_written(pidfile: Path) -> None:
    os.wait()  # the session leader, which leaves at once
    while not pidfile.exists():
        os.sched_yield()
    os._exit(0)


if __name__ == "__main__":
    main()
