"""Freezing a file system and, above all, thawing it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.processes import pid_inside

_FIFREEZE, _FITHAW = 0xC0045877, 0xC0045878


def freeze(folder: Path) -> None:
    """Hold every write to the file system `folder` lies on. A watchdog must be on guard before."""
    _ioctl(folder, _FIFREEZE)


def thaw(folder: Path) -> None:
    """Let the writes go on; fine if it is not frozen or not there."""
    with suppress(OSError):
        _ioctl(folder, _FITHAW)


def thaw_open(folder: int) -> None:
    """The same through a folder that was opened before the freeze."""
    with suppress(OSError):
        fcntl.ioctl(folder, _FITHAW, 0)


def thaw_hosts() -> None:
    """Thaw whatever loop-mounted file system any host of the lab has, without any record."""
    for pid in cgroups.pids():
        if pid_inside(pid) == 1:
            for mount in _loop_mounts(pid):
                thaw(Path(f"/proc/{pid}/root") / mount.lstrip("/"))


def _loop_mounts(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
            head, _, tail = line.partition(" - ")
            if head.split()[2].startswith("7:") and tail.split()[0] == "ext4":
                yield head.split()[4]


def _ioctl(folder: Path, request: int) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(handle, request, 0)
    finally:
        os.close(handle)
