"""Many processes that are blocked, or only asleep. Arguments: comm, skip, count, blocked."""

import os

from . import stage


def main() -> None:
    """Fork them, report, sleep beside them; each blocked one waits in vfork for a child that sleeps."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    children = [_one(arguments["comm"], arguments["blocked"]) for _ in range(arguments["count"])]
    stage.report({"pid": os.getpid(), "pids": children})
    stage.sleep_for_ever()


def _one(comm: str, blocked: bool) -> int:
    pid = os.fork()
    if pid == 0:
        stage.rename(comm)
        if blocked:
            stage.vfork_a_sleeper()
        stage.sleep_for_ever()
    return pid


if __name__ == "__main__":
    main()
