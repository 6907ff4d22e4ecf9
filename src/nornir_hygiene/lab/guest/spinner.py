"""A container runtime's shim with one container that computes.

Arguments: comm, skip, busy_ms (of every 100 ms), cgroup and hierarchies (as `stage.wait_until_inside` wants them).
"""

import os
import time
from typing import Any, NoReturn

from . import stage

_ROUND_S = 0.1


def main() -> None:
    """Fork the container's first process, and wait for it."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        _compute(arguments)
    os.waitpid(pid, 0)


def _compute(arguments: dict[str, Any]) -> NoReturn:
    stage.rename(str(arguments["comm"]))
    stage.report({"pid": os.getpid()})
    stage.wait_until_inside(arguments)
    busy_s = arguments["busy_ms"] / 1000
    while True:
        end = time.thread_time() + busy_s
        while time.thread_time() < end:
            pass
        time.sleep(_ROUND_S - min(busy_s, _ROUND_S))


if __name__ == "__main__":
    main()
