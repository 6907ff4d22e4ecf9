"""What every planted program does: read its arguments, name itself, shift pids, report what it has made."""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
SYS_EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
CLONE_VFORK = 0x4000
_PR_SET_NAME = 15


def arguments() -> dict[str, Any]:
    """The one argument, a JSON object."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    return given


def report(made: dict[str, Any]) -> None:
    """Tell the lab that all is in place; appears whole or not at all."""
    path = Path(arguments()["report"])
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(made))
    draft.rename(path)


def rename(comm: str) -> None:
    """Change the calling thread's name, which for the main thread is the process's."""
    LIBC.prctl(_PR_SET_NAME, comm.encode()[:15], 0, 0, 0)


def shift_pids(count: int) -> None:
    """Use up some pids, so that no two runs plant the same ones."""
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def wait_until_inside(home: dict[str, Any]) -> None:
    """Wait until the lab has moved us to the cgroup of that name in all its hierarchies.

    A child forked between two of the moves would stay outside in one of them, where its unit waits for it.
    """
    while Path("/proc/self/cgroup").read_text().count(home["cgroup"]) < home["hierarchies"]:
        time.sleep(0.02)


def sleep_for_ever() -> NoReturn:
    """Wait in S; only a signal that ends the process gets it out."""
    while True:
        signal.pause()


def wait_for_ever_as_thread() -> NoReturn:
    """The same for any thread."""
    while True:
        threading.Event().wait()


def child_that_exits(comm: str) -> int:
    """Fork a child called `comm` that is gone at once; its pid. Nobody reaps it here."""
    pid = os.fork()
    if pid == 0:
        rename(comm)
        os._exit(0)
    return pid


def vfork_a_sleeper(hold_s: float | None = None) -> int:
    """Block the calling thread in D until its new child ends: after `hold_s`, else never.

    CLONE_VFORK without CLONE_VM: the kernel makes the parent wait in `kernel_clone` as for any vfork,
    while the child has memory of its own, so that Python may run in it.
    """
    pid = LIBC.syscall(SYS_CLONE, CLONE_VFORK | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        if hold_s is None:
            LIBC.pause()
        else:
            LIBC.usleep(int(hold_s * 1_000_000))
        os._exit(0)
    return int(pid)
