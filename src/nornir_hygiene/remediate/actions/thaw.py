"""Take back a freeze: of a filesystem, of a cgroup."""

from typing import Literal

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, Text


class FilesystemArguments(Frozen):
    """Where it is mounted."""

    mountpoint: Text


class CgroupArguments(Frozen):
    """A cgroup below the mount of its hierarchy."""

    path: Text
    hierarchy: Literal["1", "2"]


THAW_FILESYSTEM = Action(
    name="thaw-filesystem",
    risk=Risk.DISRUPTIVE,
    about="Thaws the filesystem mounted there, as `fsfreeze -u` does. A snapshot that is being taken of it is spoilt.",
    arguments=FilesystemArguments,
    parts=("thaw",),
    words=lambda told: (told.mountpoint,),
    says=lambda told: f"thaw the filesystem mounted on {told.mountpoint}",
)
THAW_CGROUP = Action(
    name="thaw-cgroup",
    risk=Risk.DISRUPTIVE,
    about="Thaws a cgroup that is frozen by itself; what is frozen from above it leaves alone.",
    arguments=CgroupArguments,
    parts=("thaw",),
    words=lambda told: (told.hierarchy, told.path),
    says=lambda told: f"thaw the cgroup v{told.hierarchy} {told.path}",
)
