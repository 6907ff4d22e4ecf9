"""A container that cannot end: its init is exiting and waits for a child that waits for a silent FUSE server.

Healthy: a container with the same child, alive.
"""

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults import containers, fuse
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import status


def plant(site: Site) -> Planted:
    """Kill the init while its child reads: the kernel kills the child too, in vain."""
    server, folder = fuse.serve(site, mute=["read"], lasts_s=0)
    ran = _reading(site, folder)
    child = site.host.outer_pid(ran.pids[0])
    wait_for("the child to wait", lambda: fuse.waits_for_server(child), timeout_s=10)
    site.host.run(["kill", "-KILL", str(ran.pid)])
    wait_for("the child to be in D", lambda: status(child).get("State", "?")[0] == "D", timeout_s=10)
    words = (ran.worker, f"pid {ran.pids[0]}")
    return site.planted(comm=ran.comm, pid=ran.pid, pids=ran.pids, server_pid=server.report["pid"], cause=words)


def twin(site: Site) -> Planted:
    """The server answers, and nobody ends the container."""
    _, folder = fuse.serve(site, mute=[], lasts_s=0)
    ran = _reading(site, folder)
    return site.planted(comm=ran.comm, pid=ran.pid, pids=ran.pids)


def _reading(site: Site, folder: str) -> containers.Running:
    go = f"/run/{site.comm()}.go"
    site.promise(Undo(paths=(go,)))
    ran = containers.run(site, workers=1, reaps=True, file=f"{folder}/data", go=go)
    site.host.write(go, "")
    return ran
