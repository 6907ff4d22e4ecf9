"""Processes that do nothing. Arguments: comm, skip, count."""

import os

from . import stage


def main() -> None:
    """Fork them, report, sleep beside them."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    children = [_sleeper(arguments["comm"]) for _ in range(arguments["count"])]
    stage.report({"pid": os.getpid(), "pids": children})
    stage.sleep_for_ever()


def _sleeper(comm: str) -> int:
    pid = os.fork()
    if pid == 0:
        stage.rename(comm)
        stage.sleep_for_ever()
    return pid


if __name__ == "__main__":
    main()
