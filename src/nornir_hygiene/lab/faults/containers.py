"""Containers with their own pid namespace: what they need, and what is wrong with their inits.

Healthy: a container with the same processes whose init does what an init must.
"""

from typing import Any

from nornir_hygiene.lab import container
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.container import Container
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.models.frozen import Frozen


class Running(Frozen):
    """A container that runs; pids as the host sees them. `pids`: the children of its init."""

    made: Container
    comm: str
    worker: str
    pid: int
    shim: int
    pids: tuple[int, ...]


def run(site: Site, *, limited: bool = True, **like: Any) -> Running:
    """Start a container; `like` as the guest program wants it."""
    made = container.draw(site.rng, limited=limited)
    comm, worker = site.comm(), site.comm()
    site.promise(made.undo(site.host), **made.facts())
    container.make(site.host, made)
    home = {"cgroup": made.container, "hierarchies": container.hierarchies(site.host, made)}
    wanted = {"comm": comm, "worker": worker, "workers": site.rng.randint(1, 3), **home, **like}
    started = site.start("container", wanted, name="containerd-shim")
    container.enter(site.host, made, started.report["pid"])
    told = wait_for("the container to start", lambda: _complete(site.host.report(started.unit)), timeout_s=15)
    return Running(made=made, comm=comm, worker=worker, **told)


def plant_zombies(site: Site) -> Planted:
    """An application as PID 1 inherits what health checks leave behind, and reaps nothing."""
    count = site.rng.randint(4, 12)
    ran = run(site, workers=0, orphans=count)
    told = {"comm": ran.comm, "parent_comm": ran.comm, "parent_pid": ran.pid, "pids": ran.pids, "count": count}
    return site.planted(**told, cause=(ran.comm, f"pid {ran.pid}"))


def twin_zombies(site: Site) -> Planted:
    """The same health checks for ever, and an init that reaps."""
    return _planted(site, run(site, reaps=True, checks=True))


def plant_deaf(site: Site) -> Planted:
    """PID 1 without a handler for SIGTERM."""
    ran = run(site, ends_on_term=False)
    return site.planted(comm=ran.comm, pid=ran.pid, pids=ran.pids, cause=(ran.comm,))


def twin(site: Site) -> Planted:
    """A container that is as it should be."""
    return _planted(site, run(site, reaps=True))


def plant_entered(site: Site) -> Planted:
    """A process somebody put into the container by nsenter, and forgot."""
    ran = run(site, reaps=True)
    comm, unit = site.comm(), f"look-inside-{site.rng.getrandbits(16):04x}.service"
    link = site.host.program_link(unit, comm)
    site.promise(Undo(units=(unit,), paths=(f"/opt/{unit}",)))
    site.host.run(["mkdir", "-p", f"/opt/{unit}"])
    site.host.run(["ln", "-s", "/usr/bin/sleep", link])
    site.host.start_unit(unit, ["nsenter", "--target", str(ran.pid), "--pid", "--", link, "3600"])
    inside = wait_for(
        "the look inside", lambda: next((one for one in site.host.tasks() if one.comm == comm), None), timeout_s=10
    )
    container.enter(site.host, ran.made, inside.pid)
    return site.planted(comm=comm, pid=inside.pid, parent_pid=inside.parent, cause=(f"{inside.parent}@", "nsenter"))


def plant_unlimited(site: Site) -> Planted:
    """No limit of process ids on the whole way up."""
    ran = run(site, limited=False, reaps=True)
    return site.planted(cgroup_path=ran.made.top, cause=(ran.made.top,))


def _planted(site: Site, ran: Running) -> Planted:
    return site.planted(comm=ran.comm, pid=ran.pid, pids=ran.pids)


def _complete(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if "shim" in told else None
