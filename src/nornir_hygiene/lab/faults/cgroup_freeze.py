"""A container that was frozen and not thawed; healthy: one that was frozen, and thawed again."""

from nornir_hygiene.lab import cgroups, container
from nornir_hygiene.lab.faults import containers
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted


def plant_v1(site: Site) -> Planted:
    """All of the container is in D; nothing of it can be killed before the thaw."""
    return _freeze(site, version=1, thawed=False)


def twin_v1(site: Site) -> Planted:
    """A checkpoint that was finished."""
    return _freeze(site, version=1, thawed=True)


def plant_v2(site: Site) -> Planted:
    """All of the container is in S, and yet nothing of it moves."""
    return _freeze(site, version=2, thawed=False)


def twin_v2(site: Site) -> Planted:
    """A checkpoint that was finished."""
    return _freeze(site, version=2, thawed=True)


def _freeze(site: Site, *, version: int, thawed: bool) -> Planted:
    ran = containers.run(site, reaps=True)
    folder = container.freezer(site.host, ran.made, version)
    cgroups.freeze(folder)
    if thawed:
        cgroups.thaw(folder)
    words = (ran.made.container[:12], ran.made.scope)
    return site.planted(comm=ran.comm, pid=ran.pid, pids=ran.pids, cgroup_path=ran.made.scope, cause=words)
