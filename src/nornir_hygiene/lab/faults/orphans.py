"""Workers that outlive the helper that made them; healthy: a daemon forked twice, in its own unit."""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo


def plant(site: Site) -> Planted:
    """Eight or more orphans in the cgroup of an agent that lives, each with a foreign network namespace open."""
    count = site.rng.randint(8, 20)
    worker = site.comm()
    made = site.start("orphans", {"count": count, "comm": worker})
    return site.planted(comm=worker, parent_pid=1, pid=made.report["pid"], pids=tuple(made.report["pids"]), count=count)


def twin(site: Site) -> Planted:
    """A classic daemon with its workers."""
    pidfile = f"/run/{site.comm()}.pid"
    site.promise(Undo(paths=(pidfile,)))
    wanted = {"count": site.rng.randint(8, 12), "pidfile": pidfile}
    made = site.start("daemon", wanted, "Type=forking", f"PIDFile={pidfile}")
    return site.planted(comm=made.comm, pid=made.report["pid"], pids=tuple(made.report["pids"]))
