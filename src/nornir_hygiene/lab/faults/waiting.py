"""Waiting for a vfork child: a parent in D, zombies under such a parent, a dead process with such a thread."""

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.faults.zombies import zombies_of
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.processes import status


def plant_vfork(site: Site) -> Planted:
    """A parent whose vfork child neither execs nor ends."""
    made = site.start("vfork_wait", {})
    outer = site.host.outer_pid(made.report["pid"])
    wait_for("the parent to wait", lambda: status(outer).get("State", "?")[0] == "D", timeout_s=10)
    child = next(task for task in site.host.tasks() if task.parent == made.report["pid"])
    return site.planted(comm=made.comm, pid=made.report["pid"], cause=(f"pid {child.pid}",))


def twin_vfork(site: Site) -> Planted:
    """A parent that vforks briefly and reaps."""
    made = site.start("brief_vfork", {"count": site.rng.randint(2, 4)})
    return site.planted(comm=made.comm, parent_pid=made.report["parent_pid"])


def plant_blocked_parent(site: Site) -> Planted:
    """Zombies whose parent waits in vfork."""
    return zombies_of(site, "blocked_parent", site.rng.randint(3, 9))


def plant_blocked_thread(site: Site) -> Planted:
    """A process whose leader is a zombie while another of its threads waits in vfork."""
    return _dead_leader(site, blocked=True)


def twin_blocked_thread(site: Site) -> Planted:
    """The same with threads that merely sleep."""
    return _dead_leader(site, blocked=False)


def _dead_leader(site: Site, *, blocked: bool) -> Planted:
    made = site.start("dead_leader", {"blocked": blocked})
    return site.planted(comm=made.comm, parent_comm=made.comm, **made.report)
