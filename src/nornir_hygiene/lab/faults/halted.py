"""Processes that do not run: stopped by a signal, stopped by their terminal, held by a tracer.

Healthy: stopped for moments, in the foreground of the terminal, traced and running.
"""

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.processes import status


def plant_stopped(site: Site) -> Planted:
    """A service that got a SIGSTOP."""
    made = site.start("sleepers", {"count": site.rng.randint(0, 2)})
    site.host.run(["kill", "-STOP", str(made.report["pid"])])
    return _halted(site, made, "T", "stop signal")


def twin_stopped(site: Site) -> Planted:
    """Stopped and continued by its supervisor."""
    return _planted(site, site.start("pauses", {}))


def plant_job(site: Site) -> Planted:
    """A job that reads its terminal from the background."""
    return _halted(site, site.start("terminal_job", {"foreground": False}), "T", "SIGTTIN")


def twin_job(site: Site) -> Planted:
    """The same in the foreground."""
    return _planted(site, site.start("terminal_job", {"foreground": True}))


def plant_traced(site: Site) -> Planted:
    """Attached, and never continued."""
    made = site.start("tracer", {"hold": True})
    return _halted(site, made, "t", f"pid {made.report['parent_pid']}")


def twin_traced(site: Site) -> Planted:
    """Attached without stopping it."""
    return _planted(site, site.start("tracer", {"hold": False}))


def _halted(site: Site, made: Started, state: str, cause: str) -> Planted:
    outer = site.host.outer_pid(made.report["pid"])
    wait_for("the process to halt", lambda: status(outer).get("State", "?")[0] == state, timeout_s=10)
    return _planted(site, made, cause)


def _planted(site: Site, made: Started, *cause: str) -> Planted:
    return site.planted(comm=made.comm, pid=made.report["pid"], cause=cause)
