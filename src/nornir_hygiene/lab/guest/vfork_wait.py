"""A parent in D for as long as its vfork child sleeps. Arguments: comm, skip."""

import os

from . import stage


def main() -> None:
    """Report, then vfork a child that neither execs nor ends."""
    stage.shift_pids(stage.arguments()["skip"])
    stage.report({"pid": os.getpid()})
    stage.vfork_a_sleeper()


if __name__ == "__main__":
    main()
