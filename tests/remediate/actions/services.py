"""A service of systemd as its scripts see one: a cgroup, and who is its main process. The lab tests have real ones."""

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nornir_hygiene.lab.cgroups import hierarchies, pids_of
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.shells import fake, tools, until

NEEDED = ("cat", "cut", "grep", "head", "mkdir", "mv", "readlink", "sed", "sleep", "tr", "xargs", "python3")
# argv: where to tell the pids, how many workers, and how they behave.
_LEAVER = """
import os, signal, sys, time
told, count, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if how == "twice":  # the main process itself is forked twice
    if os.fork(): os.wait(); time.sleep(600)
    os.setsid()
    if os.fork(): os._exit(0)
    open(told + ".main", "w").write(str(os.getpid()))
helper = os.fork()
if helper == 0:
    if how != "lives on": os.setsid()
    pids = []
    for _ in range(count):
        pids.append(os.fork())
        if pids[-1] == 0:
            if how == "detached":
                null = os.open("/dev/null", os.O_RDWR)
                for fd in (0, 1, 2): os.dup2(null, fd)
            if how == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if how == "has children" and os.fork() == 0: time.sleep(600)
            if how == "in D":
                import ctypes
                libc = ctypes.CDLL(None)
                libc.vfork() == 0 and (libc.sleep(600), libc._exit(0))
            time.sleep(600)
    time.sleep(0.3)
    open(told + ".part", "w").write(" ".join(map(str, pids)))
    os.rename(told + ".part", told)
    os._exit(0)
os.waitpid(helper, 0)
time.sleep(600)
"""


@dataclass(frozen=True)
class Service:
    """`path`: a PATH whose systemctl knows it."""

    name: str
    cgroup: Path
    folder: Path
    main: int
    left: tuple[int, ...]
    path: str


def tree() -> Path:
    """The hierarchy in which systemd would keep its services here."""
    trees = hierarchies()
    named = [each.mount for each in trees if "name=systemd" in each.controllers]
    return (named or [each.mount for each in trees if each.version == 2])[0]


@contextmanager
def service(start: Start, folder: Path, how: str = "", *, count: int = 3, slice_: str = "system.slice",
            name: str = "") -> Iterator[Service]:  # fmt: skip
    """A main process that lives, and workers whose helper has left them behind."""
    name = name or f"nr-test-{secrets.token_hex(4)}.service"
    cgroup = tree() / slice_ / name
    had = [each for each in reversed(cgroup.relative_to(tree()).parents) if (tree() / each).is_dir()]
    cgroup.mkdir(parents=True)
    told = folder / f"{name}.pids"
    try:
        script = 'echo $$ >"$0"; exec "$@"'
        words = [sys.executable, "-c", _LEAVER, str(told), str(count), how]
        main = start("sh", "-c", script, str(cgroup / "cgroup.procs"), *words)
        until(told.is_file)
        until(lambda: main.poll() is None)
        time.sleep(0.1)  # the helper has told and goes
        pid = int((folder / f"{name}.pids.main").read_text()) if how == "twice" else main.pid
        path = tools(folder / "bin", *NEEDED)
        fake(folder / "bin", "systemctl", f'case $2 in --property=MainPID) echo "MainPID={pid}" ;; esac')
        yield Service(name, cgroup, folder, pid, tuple(map(int, told.read_text().split())), path)
    finally:
        _end(cgroup)
        _remove(cgroup, [tree() / each for each in had])


def _end(cgroup: Path) -> None:
    def empty() -> bool:
        for pid in pids_of(cgroup):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        return not pids_of(cgroup)

    until(empty)


def _remove(cgroup: Path, had: list[Path]) -> None:
    while cgroup not in had and cgroup != tree():
        until(partial(_gone, cgroup))
        cgroup = cgroup.parent


def _gone(cgroup: Path) -> bool:
    with suppress(OSError):
        cgroup.rmdir()
    return not cgroup.exists()
