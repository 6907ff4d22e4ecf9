"""A parent that never waits. Arguments: comm, count, skip."""

import os

from . import stage


def main() -> None:
    """Fork `count` children that exit, then sleep over their bodies."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    children = [stage.child_that_exits(arguments["comm"]) for _ in range(arguments["count"])]
    stage.report({"parent_pid": os.getpid(), "pids": children})
    stage.sleep_for_ever()


if __name__ == "__main__":
    main()
