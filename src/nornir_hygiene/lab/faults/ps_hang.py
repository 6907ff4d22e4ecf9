"""`ps` itself hangs: a command line that cannot be read. Healthy: `ps aux` every second, as monitoring does.

Every tool on the machine that reads command lines hangs with it, so two watchdogs end it after seconds.
"""

from pathlib import Path

from nornir_hygiene.lab import thaw, volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import pid_inside, status_at


def plant(site: Site) -> Planted:
    """Freeze a volume under a process that stores into a page of it and unmaps the page at once."""
    disk = volume.draw(site.rng, site.comm())
    go = f"/run/{site.comm()}.go"
    reader = f"process-list-{site.rng.getrandbits(16):04x}.service"
    site.promise(disk.undo(), **disk.facts())
    site.promise(Undo(paths=(go,), units=(reader,)))
    volume.make(site.host, disk)
    site.host.write(f"{disk.mountpoint}/map", "x" * 8192)
    made = site.start("mmap_hang", {"file": f"{disk.mountpoint}/map", "go": go})
    folder = site.host.path(disk.mountpoint)
    outer = site.host.outer_pid(made.report["pid"])
    site.guard(thaw=(str(folder),))
    thaw.freeze(folder)
    try:
        return _hang(site, made, go, outer, reader)
    except BaseException:
        thaw.thaw(folder)
        raise


def heal(site: Site, planted: Planted) -> None:
    """Thaw, then take away."""
    if planted.facts.mountpoint:
        thaw.thaw(site.host.path(planted.facts.mountpoint))
    clear_away(site, planted)


def twin(site: Site) -> Planted:
    """The same reader, on a host where nothing is stuck."""
    unit = f"process-list-{site.rng.getrandbits(16):04x}.service"
    site.promise(Undo(units=(unit,)), unit=unit)
    site.host.start_unit(unit, ["/bin/sh", "-c", "while :; do timeout -s KILL 20 ps aux >/dev/null; sleep 1; done"])
    return site.planted()


def _hang(site: Site, made: Started, go: str, outer: int, reader: str) -> Planted:
    site.host.write(go, "")
    store, unmap = wait_for("both threads to hang", lambda: _blocked_threads(outer), timeout_s=8)
    site.host.start_unit(reader, ["/bin/sh", "-c", "timeout -s KILL 20 ps aux >/dev/null"])
    pid = made.report["pid"]
    return site.planted(comm=made.comm, pid=pid, tid=unmap, waits_for_tid=store)


def _blocked_threads(outer: int) -> tuple[int, int] | None:
    """The tids in D, in the order they were started: first the store, then the unmap."""
    tasks = sorted(int(task.name) for task in Path(f"/proc/{outer}/task").iterdir())
    states = {tid: status_at(Path(f"/proc/{outer}/task/{tid}")).get("State", "?")[0] for tid in tasks}
    blocked = [pid_inside(tid) or 0 for tid in tasks if states[tid] == "D"]
    return (blocked[0], blocked[1]) if len(blocked) == 2 else None
