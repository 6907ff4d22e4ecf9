"""Healthy: a parent that is in D for a moment, again and again, and reaps after each. Arguments: comm, count."""

import os
import time

from . import stage

HOLD_S = 0.3


def main() -> None:
    """Children die, a vfork blocks the parent briefly, then all are reaped."""
    arguments = stage.arguments()
    stage.report({"parent_pid": os.getpid()})
    while True:
        children = [stage.child_that_exits(arguments["comm"]) for _ in range(arguments["count"])]
        children.append(stage.vfork_a_sleeper(HOLD_S))
        for child in children:
            os.waitpid(child, 0)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
