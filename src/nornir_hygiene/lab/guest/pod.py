"""A container runtime's shim with one container that forks as far as it may. Arguments: comm, skip, count, cgroup.

The shim stays in its unit. Its child waits until the lab has moved it to the pod's cgroup, then fills it: until
a fork fails, or (`count` above 0) up to that many tasks.
"""

import os
import time
from pathlib import Path

from . import stage


def main() -> None:
    """Fork the container's first process, reap whatever it leaves."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        _fill(arguments)
    while True:
        os.wait()


def _fill(arguments: dict[str, str | int]) -> None:
    stage.rename(str(arguments["comm"]))
    stage.report({"pid": os.getpid()})
    while not _moved(str(arguments["cgroup"])):
        time.sleep(0.02)
    made = 1
    while arguments["count"] == 0 or made < int(arguments["count"]):
        if not _one_more():
            break
        made += 1
    stage.report({"pid": os.getpid(), "count": made})
    stage.sleep_for_ever()


def _one_more() -> bool:
    try:
        pid = os.fork()
    except BlockingIOError:
        return False
    if pid == 0:
        stage.sleep_for_ever()
    return True


def _moved(cgroup: str) -> bool:
    return cgroup in Path("/proc/self/cgroup").read_text()


if __name__ == "__main__":
    main()
