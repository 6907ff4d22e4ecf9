"""A container runtime's shim with one container that forks as far as it may.

Arguments: comm, skip, count, cgroup and hierarchies (as `stage.wait_until_inside` wants them).

The shim stays in its unit. Its child waits until the lab has moved it to the pod's cgroup, then fills it: until
a fork fails, or (`count` above 0) up to that many tasks.
"""

import os
from typing import Any

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


def _fill(arguments: dict[str, Any]) -> None:
    stage.rename(str(arguments["comm"]))
    stage.report({"pid": os.getpid()})
    stage.wait_until_inside(arguments)
    made = 1
    while arguments["count"] == 0 or made < arguments["count"]:
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


if __name__ == "__main__":
    main()
