"""A pod at its pids limit, in cgroups as kubelet and containerd lay them out; healthy: one at half of it."""

import uuid
from pathlib import Path

from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Frozen, Planted, Undo


class Pod(Frozen):
    """The identity of a pod with one container, and its limit."""

    uid: str
    container: str
    limit: int

    @property
    def slice(self) -> str:
        """The pod's cgroup: kubelet writes the limit here."""
        name = f"kubepods-burstable-pod{self.uid.replace('-', '_')}.slice"
        return f"/kubepods.slice/kubepods-burstable.slice/{name}"

    @property
    def scope(self) -> str:
        """The container's cgroup below it, with no limit of its own."""
        return f"{self.slice}/cri-containerd-{self.container}.scope"


def plant(site: Site) -> Planted:
    """Fork until the kernel refuses."""
    return _fill(site, share=1.0)


def twin(site: Site) -> Planted:
    """Fork to half of the limit."""
    return _fill(site, share=0.5)


def _fill(site: Site, share: float) -> Planted:
    uid = str(uuid.UUID(int=site.rng.getrandbits(128), version=4))
    pod = Pod(uid=uid, container=f"{site.rng.getrandbits(256):064x}", limit=2 * site.rng.randint(10, 40))
    folders = _folders(site.host, pod)
    site.promise(Undo(cgroups=tuple(str(folder.parents[2]) for folder in folders)))
    for folder in folders:
        cgroups.make_below(folder)
    _pids_folder(site.host, pod).write_text(str(pod.limit))
    count = 0 if share == 1 else int(pod.limit * share)
    made = site.start("pod", {"cgroup": pod.container, "count": count}, "Delegate=yes")
    _move(site.host, folders, made.report["pid"])
    filled = wait_for("the pod to fill up", lambda: _filled(site.host, made), timeout_s=20)
    return site.planted(
        comm=made.comm,
        pid=filled["pid"],
        count=filled["count"],
        cgroup_path=pod.slice,
        cgroup_limit=pod.limit,
        pod_uid=pod.uid,
        container_id=pod.container,
    )


def _folders(host: LabHost, pod: Pod) -> list[Path]:
    trees = [tree for tree in cgroups.hierarchies() if tree.version == 2 or "cpuset" not in tree.controllers]
    return [host.cgroup_in(tree) / pod.scope.lstrip("/") for tree in trees]


def _pids_folder(host: LabHost, pod: Pod) -> Path:
    return host.cgroup("pids") / pod.slice.lstrip("/") / "pids.max"


def _move(host: LabHost, folders: list[Path], pid: int) -> None:
    outer = str(host.outer_pid(pid))
    for folder in folders:
        (folder / "cgroup.procs").write_text(outer)


def _filled(host: LabHost, made: Started) -> dict[str, int] | None:
    told: dict[str, int] = host.report(made.unit)
    return told if "count" in told else None
