"""A container as kubelet and containerd lay it out: cgroups of a pod, and of one container in it."""

import random
import uuid
from pathlib import Path

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Undo
from nornir_hygiene.models.frozen import Frozen


class Container(Frozen):
    """The identity of a pod with one container. `systemd`: the layout of that cgroup driver, else of cgroupfs."""

    uid: str
    container: str
    systemd: bool
    limit: int | None

    @property
    def pod(self) -> str:
        """The pod's cgroup: kubelet writes the pids limit here."""
        if self.systemd:
            name = f"kubepods-burstable-pod{self.uid.replace('-', '_')}.slice"
            return f"/kubepods.slice/kubepods-burstable.slice/{name}"
        return f"/kubepods/burstable/pod{self.uid}"

    @property
    def scope(self) -> str:
        """The container's cgroup below it, with no limit of its own."""
        name = f"cri-containerd-{self.container}.scope" if self.systemd else self.container
        return f"{self.pod}/{name}"

    @property
    def top(self) -> str:
        """The cgroup all pods of the node live in."""
        return "/" + self.pod.split("/")[1]

    def facts(self) -> dict[str, str]:
        """What an audit can say about it, by the names of `Facts`."""
        return {"pod_uid": self.uid, "container_id": self.container}

    def undo(self, host: LabHost) -> Undo:
        """What to take away again: all of the pod."""
        return Undo(cgroups=tuple(str(folder.parent) for folder in _folders(host, self)))


def draw(rng: random.Random, *, limited: bool = True) -> Container:
    """A container with a limit it can live with, or with none."""
    return Container(
        uid=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        container=f"{rng.getrandbits(256):064x}",
        systemd=rng.random() < 0.5,
        limit=2 * rng.randint(10, 40) if limited else None,
    )


def make(host: LabHost, container: Container) -> None:
    """Make its cgroups; their removal must be promised before."""
    for folder in _folders(host, container):
        cgroups.make_below(folder)
    if container.limit is not None:
        (host.cgroup("pids") / container.pod.lstrip("/") / "pids.max").write_text(str(container.limit))


def enter(host: LabHost, container: Container, pid: int) -> None:
    """Move the host's process `pid` into it; what it forks from then on is born there."""
    outer = host.outer_pid(pid)
    for folder in _folders(host, container):
        cgroups.enter(folder, outer)


def hierarchies(host: LabHost, container: Container) -> int:
    """In how many cgroup hierarchies it has a cgroup: a process is inside once all of them name it."""
    return len(_folders(host, container))


def freezer(host: LabHost, container: Container, version: int) -> Path:
    """Its cgroup where it can be frozen: v1 has a hierarchy for that, v2 can do it everywhere."""
    for tree in cgroups.hierarchies():
        if tree.version == version and (version == 2 or "freezer" in tree.controllers):
            return host.cgroup_in(tree) / container.scope.lstrip("/")
    raise LabUnavailable(f"this fault needs a cgroup v{version} freezer, which this machine does not have")


def _folders(host: LabHost, container: Container) -> list[Path]:
    trees = [tree for tree in cgroups.hierarchies() if tree.version == 2 or "cpuset" not in tree.controllers]
    return [host.cgroup_in(tree) / container.scope.lstrip("/") for tree in trees]
