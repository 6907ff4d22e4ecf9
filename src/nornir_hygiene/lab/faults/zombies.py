"""Zombies whose parent never waits; healthy: zombies that are reaped, always some, never the same."""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted


def plant(site: Site) -> Planted:
    """Several children, all dead, under a sleeping parent that does not catch SIGCHLD."""
    return zombies_of(site, "zombies", site.rng.randint(6, 25))


def twin(site: Site) -> Planted:
    """A constant turnover of short-lived zombies."""
    made = site.start("turnover", {"count": site.rng.randint(2, 4)})
    return site.planted(comm=made.comm, parent_pid=made.report["parent_pid"])


def zombies_of(site: Site, program: str, count: int) -> Planted:
    """Start a guest program that leaves `count` zombies, and tell about them."""
    made = site.start(program, {"count": count})
    told = made.report
    return site.planted(
        comm=made.comm, parent_comm=made.comm, parent_pid=told["parent_pid"], pids=tuple(told["pids"]), count=count
    )
