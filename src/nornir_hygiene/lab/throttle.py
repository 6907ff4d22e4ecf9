"""A device that hardly moves, or slowly: block I/O of one host's cgroup held to so many bytes per second."""

import os
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.places import CGROUP

_V1_FILES = ("blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device")


def impose(cgroup: Path, device_number: str, bytes_per_s: int = 1) -> None:
    """Let nothing, or only so much, through to the device `MAJ:MIN` for the tasks of `cgroup`."""
    if (cgroup / _V1_FILES[0]).exists():
        for name in _V1_FILES:
            (cgroup / name).write_text(f"{device_number} {bytes_per_s}")
    elif (cgroup / "io.max").exists():
        (cgroup / "io.max").write_text(f"{device_number} rbps={bytes_per_s} wbps={bytes_per_s}")
    else:
        raise LabUnavailable("this kernel has no block I/O throttling in cgroups")


def lift(cgroup: Path, device_number: str) -> None:
    """Let everything through again; what waited goes on at once."""
    for name in _V1_FILES:
        with suppress(OSError):
            (cgroup / name).write_text(f"{device_number} 0")
    with suppress(OSError):
        (cgroup / "io.max").write_text(f"{device_number} rbps=max wbps=max")


def lift_all() -> None:
    """Lift every throttle in the lab's cgroups, without any record."""
    for tree in cgroups.hierarchies():
        for folder, _, files in os.walk(tree.mount / CGROUP):
            for name in {*_V1_FILES, "io.max"} & set(files):
                for line in (Path(folder) / name).read_text().splitlines():
                    lift(Path(folder), line.split()[0])
