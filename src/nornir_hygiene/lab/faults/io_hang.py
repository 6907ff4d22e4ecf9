"""A reader in D on a disk that does not answer; healthy: the same reader on a disk that does."""

from pathlib import Path

from nornir_hygiene.lab import throttle, volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import pid_inside, status


def plant(site: Site) -> Planted:
    """One byte per second is, for a read of 64 KiB, never."""
    return _read(site, dead=True)


def plant_thread(site: Site) -> Planted:
    """The same by a thread of a process whose first thread sleeps: the process table shows nothing."""
    return _read(site, dead=True, thread=True)


def twin(site: Site) -> Planted:
    """At full speed."""
    return _read(site, dead=False)


def twin_thread(site: Site) -> Planted:
    """At full speed."""
    return _read(site, dead=False, thread=True)


def heal(site: Site, planted: Planted) -> None:
    """Lift the throttle, then take away."""
    if planted.facts.device_number:
        throttle.lift(site.host.cgroup("blkio"), planted.facts.device_number)
    clear_away(site, planted)


def _read(site: Site, *, dead: bool, thread: bool = False) -> Planted:
    disk = volume.draw(site.rng, site.comm())
    go = f"/run/{site.comm()}.go"
    site.promise(disk.undo(), **disk.facts())
    site.promise(Undo(paths=(go,)))
    volume.make(site.host, disk)
    site.host.write(f"{disk.mountpoint}/data", "x" * 1_000_000)
    site.host.run(["umount", disk.mountpoint])
    volume.mount(site.host, disk)
    made = site.start("reader", {"file": f"{disk.mountpoint}/data", "go": go, "thread": thread})
    if dead:
        throttle.impose(site.host.cgroup("blkio"), disk.number)
    site.host.write(go, "")
    pid = made.report["pid"]
    blocked = None
    if dead:
        outer = site.host.outer_pid(pid)
        blocked = wait_for("the reader to hang", lambda: _blocked_task(outer), timeout_s=10)
    return site.planted(comm=made.comm, pid=pid, tid=blocked if thread else None)


def _blocked_task(outer: int) -> int | None:
    """The tid, as the host sees it, of the task in D of the machine's process `outer`."""
    tasks = (int(task.name) for task in Path(f"/proc/{outer}/task").iterdir())
    return next((pid_inside(tid) for tid in tasks if status(tid).get("State", "?")[0] == "D"), None)
