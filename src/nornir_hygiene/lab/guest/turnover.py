"""Healthy: zombies at any moment, none of them for long. Arguments: comm, count."""

import os
import time

from . import stage

LINGER_S = 0.4


def main() -> None:
    """Let children die, look away for a moment, then reap them; for ever."""
    arguments = stage.arguments()
    stage.report({"parent_pid": os.getpid()})
    while True:
        children = [stage.child_that_exits(arguments["comm"]) for _ in range(arguments["count"])]
        time.sleep(LINGER_S)
        for child in children:
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
