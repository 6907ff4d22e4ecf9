"""A job of a terminal that reads it from the background, so the kernel stops it. Arguments: comm, skip, foreground.

The terminal's session leader lives and waits as a shell does. In the foreground the job just waits for its input.
"""

import os
import pty
import signal
import time
from typing import NoReturn

from . import stage


def main() -> None:
    """Open a terminal, let a session live on it, keep the other end open."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    leader, terminal = pty.fork()
    if leader == 0:
        _be_shell(arguments["comm"], foreground=arguments["foreground"])
    while True:
        os.read(terminal, 4096)


def _be_shell(comm: str, *, foreground: bool) -> NoReturn:
    stage.rename("bash")
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        stage.rename(comm)
        time.sleep(0.2)  # until it is where it belongs
        os.read(0, 1)
    os.setpgid(job, job)
    if foreground:
        os.tcsetpgrp(0, job)
    stage.report({"pid": job, "parent_pid": os.getpid()})
    stage.sleep_for_ever()


if __name__ == "__main__":
    main()
