"""A container: its runtime's shim, and in a pid namespace of its own an init with what it started.

Arguments: comm, skip, cgroup, hierarchies, and what the container is like: workers (processes under the init),
ends_on_term and reaps (the init has a handler for SIGTERM, for SIGCHLD), orphans (made once by health checks that were
put in from outside) or checks (such a check again and again), file and go (a worker reads the file once `go` exists).
"""

import os
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from . import reader, stage

CLONE_NEWPID = 0x20000000
CHECK_EVERY_S, CHECK_LASTS_S = 0.4, 0.2


def main() -> None:
    """Make the namespace and its init, let the lab move it to its cgroup, report all that is in it."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    reading, writing = os.pipe()
    if stage.LIBC.unshare(CLONE_NEWPID) != 0:
        raise OSError("unshare")
    init = os.fork()  # from here on every child of the shim is born in the namespace, this one as its PID 1
    if init == 0:
        _be_init(arguments, writing)
    stage.report({"pid": init})
    os.read(reading, 1)
    if arguments.get("orphans"):
        _leave_orphans(init, arguments["orphans"])
    stage.report({"pid": init, "shim": os.getpid(), "pids": _children_of(init)})
    while arguments.get("checks"):
        _health_check()
        time.sleep(CHECK_EVERY_S)
    while True:
        os.wait()


def _be_init(arguments: dict[str, Any], ready: int) -> NoReturn:
    os.setsid()
    stage.rename(arguments["comm"])
    if arguments.get("ends_on_term", True):
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    stage.wait_until_inside(arguments)
    for _ in range(arguments.get("workers", 0)):
        if os.fork() == 0:
            _work(arguments)
    if arguments.get("reaps"):
        signal.signal(signal.SIGCHLD, _reap)
    os.write(ready, b"x")
    stage.sleep_for_ever()


def _work(arguments: dict[str, Any]) -> NoReturn:
    stage.rename(arguments["worker"])
    if "file" in arguments:
        reader.read_again_and_again(os.open(arguments["file"], os.O_RDONLY), Path(arguments["go"]))
    stage.sleep_for_ever()


def _reap(*_: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _leave_orphans(init: int, count: int) -> None:
    before = len(_children_of(init))
    for _ in range(count):
        _health_check()
    while len(_children_of(init)) < before + count or "Z" not in _state(max(_children_of(init))):
        time.sleep(0.05)


def _health_check() -> None:
    """Put in from outside, as `exec` probes are; it forks a child and does not wait for it, so the init inherits it."""
    check = os.fork()
    if check == 0:
        os.setsid()
        if os.fork() == 0:
            stage.rename("health-check")
            time.sleep(CHECK_LASTS_S)
        os._exit(0)
    os.waitpid(check, 0)


def _children_of(pid: int) -> list[int]:
    return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


if __name__ == "__main__":
    main()
