"""A pod at its pids limit, in cgroups as kubelet and containerd lay them out; healthy: one at half of it."""

from nornir_hygiene.lab import container
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Planted


def plant(site: Site) -> Planted:
    """Fork until the kernel refuses."""
    return _fill(site, share=1.0)


def twin(site: Site) -> Planted:
    """Fork to half of the limit."""
    return _fill(site, share=0.5)


def _fill(site: Site, share: float) -> Planted:
    pod = container.draw(site.rng)
    limit = pod.limit or 0
    site.promise(pod.undo(site.host), **pod.facts())
    container.make(site.host, pod)
    count = 0 if share == 1 else int(limit * share)
    home = {"cgroup": pod.container, "hierarchies": container.hierarchies(site.host, pod)}
    made = site.start("pod", {**home, "count": count}, "Delegate=yes")
    container.enter(site.host, pod, made.report["pid"])
    filled = wait_for("the pod to fill up", lambda: _filled(site.host, made), timeout_s=20)
    return site.planted(
        comm=made.comm, pid=filled["pid"], count=filled["count"], cgroup_path=pod.pod, cgroup_limit=limit
    )


def _filled(host: LabHost, made: Started) -> dict[str, int] | None:
    told: dict[str, int] = host.report(made.unit)
    return told if "count" in told else None
