"""Healthy: a process that is stopped and continued again and again. Arguments: comm, skip."""

import os
import signal
import time

from . import stage

STOPPED_S, RUNNING_S = 0.4, 0.3


def main() -> None:
    """Fork it, report it, stop it for a moment, let it run for another."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        stage.rename(arguments["comm"])
        stage.sleep_for_ever()
    stage.report({"pid": pid, "parent_pid": os.getpid()})
    while True:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(pid, signal.SIGCONT)
        time.sleep(RUNNING_S)


if __name__ == "__main__":
    main()
