"""A writer on a file system that somebody froze; healthy: the same writer on one that nobody froze.

A sync of the whole machine would wait for it, so two watchdogs thaw it after seconds.
"""

from nornir_hygiene.lab import thaw, volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import status


def plant(site: Site) -> Planted:
    """Freeze it under the writer."""
    return _write(site, frozen=True)


def twin(site: Site) -> Planted:
    """Never frozen."""
    return _write(site, frozen=False)


def heal(site: Site, planted: Planted) -> None:
    """Thaw, then take away."""
    if planted.facts.mountpoint:
        thaw.thaw(site.host.path(planted.facts.mountpoint))
    clear_away(site, planted)


def _write(site: Site, *, frozen: bool) -> Planted:
    disk = volume.draw(site.rng, site.comm())
    go = f"/run/{site.comm()}.go"
    site.promise(disk.undo(), **disk.facts())
    site.promise(Undo(paths=(go,)))
    volume.make(site.host, disk)
    made = site.start("writer", {"file": f"{disk.mountpoint}/data", "go": go})
    pid = made.report["pid"]
    if frozen:
        folder = site.host.path(disk.mountpoint)
        site.guard(thaw=(str(folder),))
        thaw.freeze(folder)
    site.host.write(go, "")
    if frozen:
        outer = site.host.outer_pid(pid)
        wait_for("the writer to hang", lambda: status(outer).get("State", "?")[0] == "D", timeout_s=10)
    return site.planted(comm=made.comm, pid=pid, cause=(disk.mountpoint, disk.node))
