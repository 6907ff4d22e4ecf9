"""The lab's cgroups: `nrlab/<host>` in every hierarchy. They are how its processes are found again."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.errors import LabError, LabUnavailable
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.places import CGROUP

_V2_NAMES = {"blkio": "io"}
_FREEZER = "freezer.state"
CONTAINERS_LIVE_IN = ("kubepods", "burstable", "besteffort")


class Hierarchy(NamedTuple):
    """One mounted cgroup tree; `controllers` is empty for a v2 tree and for systemd's named one."""

    mount: Path
    controllers: frozenset[str]
    version: int


def hierarchies() -> list[Hierarchy]:
    """The machine's cgroup trees, v1 and v2, below /sys/fs/cgroup."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        head, _, tail = line.partition(" - ")
        root, mount = head.split()[3:5]
        kind, _, options = tail.split(" ", 2)
        if kind in ("cgroup", "cgroup2") and root == "/" and mount.startswith("/sys/fs/cgroup"):
            names = frozenset(options.split()[-1].split(",")) if kind == "cgroup" else frozenset[str]()
            found.append(Hierarchy(Path(mount), names, 1 if kind == "cgroup" else 2))
    return found


def tree_of(controller: str) -> Hierarchy:
    """The tree that has `controller`; in a pure v2 machine the only one."""
    trees = hierarchies()
    for tree in trees:
        if controller in tree.controllers:
            return tree
    for tree in trees:
        if (
            tree.version == 2
            and _V2_NAMES.get(controller, controller) in (tree.mount / "cgroup.controllers").read_text().split()
        ):
            return tree
    raise LabUnavailable(f"no cgroup hierarchy of this machine has the {controller} controller")


def places(name: str) -> list[Path]:
    """Where `create` makes its folders."""
    return [tree.mount / CGROUP / name for tree in hierarchies()]


def create(name: str) -> list[Path]:
    """Make `nrlab/<name>` everywhere and return the folders."""
    made = []
    for tree in hierarchies():
        folder = tree.mount
        for part in (CGROUP, name):
            folder = _enter(tree, folder / part)
        made.append(folder)
    return made


def _enter(tree: Hierarchy, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    if "cpuset" in tree.controllers:  # v1: no process may enter before these are set
        for file in ("cpuset.cpus", "cpuset.mems"):
            (folder / file).write_text((folder.parent / file).read_text())
    if tree.version == 2:
        for controller in (folder.parent / "cgroup.controllers").read_text().split():
            with suppress(OSError):  # v2 on the way down; the root may hold some back
                (folder.parent / "cgroup.subtree_control").write_text(f"+{controller}")
    return folder


def joining(folders: list[Path], argv: list[str]) -> list[str]:
    """The command line that enters the cgroups, then becomes `argv`: nothing of it ever runs outside."""
    enter = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs"; shift; n=$((n-1)); done; exec "$@"'
    return ["sh", "-ec", enter, "sh", str(len(folders)), *map(str, folders), *argv]


def make_below(folder: Path) -> None:
    """Make a cgroup and those above it, somewhere below one of the lab's."""
    if folder.exists():
        return
    make_below(folder.parent)
    with suppress(OSError):  # v2 has controllers below only if they are passed down; v1 has no such file
        (folder.parent / "cgroup.subtree_control").write_text("+pids")
    folder.mkdir(exist_ok=True)


def enter(folder: Path, pid: int) -> None:
    """Move a process of the machine, if it still lives, into a cgroup."""
    with suppress(ProcessLookupError):
        (folder / "cgroup.procs").write_text(str(pid))


def pids(name: str = "") -> set[int]:
    """Pids of the machine inside `nrlab/<name>`, of the whole lab without a name."""
    return set().union(*(pids_of(tree.mount / CGROUP / name) for tree in hierarchies()))


def kill(*, timeout_s: float = 20) -> None:
    """Thaw and SIGKILL everything in the lab until nothing is left; LabError naming the pids that stay."""
    for tree in hierarchies():
        thaw_below(tree.mount / CGROUP)
    _kill(pids, timeout_s)


def clear(folder: Path, *, timeout_s: float = 10) -> None:
    """Kill what is in one cgroup and below, then remove it."""
    _kill(lambda: pids_of(folder), timeout_s)
    _remove_below(folder)


def freeze(folder: Path) -> None:
    """Hold every task of a v1 freezer cgroup or of a v2 one, and return once all are held."""
    if (folder / _FREEZER).exists():
        (folder / _FREEZER).write_text("FROZEN")
        file, frozen = folder / _FREEZER, "FROZEN"
    else:
        (folder / "cgroup.freeze").write_text("1")
        file, frozen = folder / "cgroup.events", "frozen 1"
    wait_for(f"{folder} to freeze", lambda: frozen in file.read_text(), timeout_s=10)


def thaw(folder: Path) -> None:
    """Let them go on."""
    name, free = (_FREEZER, "THAWED") if (folder / _FREEZER).exists() else ("cgroup.freeze", "0")
    (folder / name).write_text(free)


def thaw_below(top: Path) -> None:
    """Thaw a cgroup and all below it: on v1 what is frozen cannot even be killed."""
    for folder, _, files in os.walk(top):
        if _FREEZER in files:
            with suppress(OSError):  # gone meanwhile
                thaw(Path(folder))


def prune(folder: Path) -> None:
    """Remove a cgroup and those above it, up to the first that is in use or none that containers live in."""
    while folder.name.startswith(CONTAINERS_LIVE_IN):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def remove() -> None:
    """Remove the lab's folders, which are empty now."""
    for tree in hierarchies():
        _remove_below(tree.mount / CGROUP)


def pids_of(top: Path) -> set[int]:
    """Pids of the machine in a cgroup and all below it."""
    found: set[int] = set()
    for folder, _, _ in os.walk(top):
        with suppress(OSError):  # gone meanwhile
            found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
    return found - {0}


def _kill(look: Callable[[], set[int]], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while left := look():
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > end:
            raise LabError(f"processes of the lab do not die: {sorted(left)}", "see their /proc/PID/stack")
        time.sleep(0.05)


def _remove_below(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        _rmdir(Path(folder))


def _rmdir(folder: Path) -> None:
    for _ in range(40):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)  # EBUSY: a zombie on its way out, or a hierarchy that is slow to release
        else:
            return
