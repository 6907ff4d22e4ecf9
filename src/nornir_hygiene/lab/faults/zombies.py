"""Zombies whose parent never waits; healthy: zombies that are reaped, always some, never the same."""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted


def plant(site: Site) -> Planted:
    """Several children, all dead, under a sleeping parent that does not catch SIGCHLD."""
    count = site.rng.randint(6, 25)
    made = site.start("zombies", {"count": count})
    return made.planted(
        comm=made.comm,
        parent_comm=made.comm,
        parent_pid=made.report["parent_pid"],
        pids=tuple(made.report["pids"]),
        count=count,
    )


def twin(site: Site) -> Planted:
    """A constant turnover of short-lived zombies."""
    made = site.start("turnover", {"count": site.rng.randint(2, 4)})
    return made.planted(comm=made.comm, parent_pid=made.report["parent_pid"])
