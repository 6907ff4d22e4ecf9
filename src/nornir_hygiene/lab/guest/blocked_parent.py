"""Zombies under a parent that waits in D. Arguments: comm, count, skip."""

import os

from . import stage


def main() -> None:
    """Let children die, then vfork one that never goes on: nobody can reap the others meanwhile."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    children = [stage.child_that_exits(arguments["comm"]) for _ in range(arguments["count"])]
    stage.report({"parent_pid": os.getpid(), "pids": children})
    stage.vfork_a_sleeper()


if __name__ == "__main__":
    main()
