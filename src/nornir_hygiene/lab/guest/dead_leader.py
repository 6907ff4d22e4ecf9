"""A process whose first thread has exited while another waits in D. Arguments: comm, skip, blocked.

Its parent waits for it, in vain. With `blocked` false the other threads only sleep: allowed, and healthy.
"""

import os
import threading
import time
from pathlib import Path

from . import stage


def main() -> None:
    """Fork the process, report it once its leader is a zombie, wait for it."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    pid = os.fork()
    if pid == 0:
        _lose_the_leader(arguments["comm"], blocked=arguments["blocked"])
    while _state(pid) != "Z":
        time.sleep(0.02)
    threads = sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
    stage.report({"parent_pid": os.getpid(), "pid": pid, "tid": threads[1]})
    os.waitpid(pid, 0)


def _lose_the_leader(comm: str, *, blocked: bool) -> None:
    stage.rename(comm)
    if blocked:
        threading.Thread(target=stage.vfork_a_sleeper, daemon=True).start()
    else:
        for _ in range(3):
            threading.Thread(target=stage.wait_for_ever_as_thread, daemon=True).start()
    time.sleep(0.3)  # until the thread is in the kernel, without this interpreter's lock
    stage.LIBC.syscall(stage.SYS_EXIT, 0)  # ends this thread alone, unlike exit_group


def _state(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("State:"))


if __name__ == "__main__":
    main()
