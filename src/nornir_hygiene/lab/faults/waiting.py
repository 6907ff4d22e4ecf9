"""Zombies nobody can reap: under a parent in D, or with a thread in D of their own."""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.faults.zombies import zombies_of
from nornir_hygiene.lab.model import Planted


def plant_blocked_parent(site: Site) -> Planted:
    """Zombies whose parent waits in vfork."""
    return zombies_of(site, "blocked_parent", site.rng.randint(3, 9))


def twin_blocked_parent(site: Site) -> Planted:
    """A parent that vforks briefly and reaps."""
    made = site.start("brief_vfork", {"count": site.rng.randint(2, 4)})
    return site.planted(comm=made.comm, parent_pid=made.report["parent_pid"])


def plant_blocked_thread(site: Site) -> Planted:
    """A process whose leader is a zombie while another of its threads waits in vfork."""
    return _dead_leader(site, blocked=True)


def twin_blocked_thread(site: Site) -> Planted:
    """The same with threads that merely sleep."""
    return _dead_leader(site, blocked=False)


def _dead_leader(site: Site, *, blocked: bool) -> Planted:
    made = site.start("dead_leader", {"blocked": blocked})
    return site.planted(comm=made.comm, parent_comm=made.comm, **made.report)
