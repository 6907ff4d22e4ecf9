"""A reader in D on a disk that does not answer; healthy: the same reader on a disk that does."""

from nornir_hygiene.lab import throttle, volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import status


def plant(site: Site) -> Planted:
    """One byte per second is, for a read of 64 KiB, never."""
    return _read(site, dead=True)


def twin(site: Site) -> Planted:
    """At full speed."""
    return _read(site, dead=False)


def heal(site: Site, planted: Planted) -> None:
    """Lift the throttle, then take away."""
    if planted.facts.device_number:
        throttle.lift(site.host.cgroup("blkio"), planted.facts.device_number)
    clear_away(site, planted)


def _read(site: Site, *, dead: bool) -> Planted:
    disk = volume.draw(site.rng, site.comm())
    go = f"/run/{site.comm()}.go"
    site.promise(disk.undo(), **disk.facts())
    site.promise(Undo(paths=(go,)))
    volume.make(site.host, disk)
    site.host.write(f"{disk.mountpoint}/data", "x" * 1_000_000)
    site.host.run(["umount", disk.mountpoint])
    volume.mount(site.host, disk)
    made = site.start("reader", {"file": f"{disk.mountpoint}/data", "go": go})
    if dead:
        throttle.impose(site.host.cgroup("blkio"), disk.number)
    site.host.write(go, "")
    pid = made.report["pid"]
    if dead:
        outer = site.host.outer_pid(pid)
        wait_for("the reader to hang", lambda: status(outer).get("State", "?")[0] == "D", timeout_s=10)
    return site.planted(comm=made.comm, pid=pid)
