"""An umount in D over a disk that does not answer: a loop device whose file lies on a frozen file system.

Healthy: a disk that is mounted, written and unmounted again and again. The freeze is guarded as any other is.
"""

from nornir_hygiene.lab import state, thaw, volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import Task
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.volume import LoopVolume


def plant(site: Site) -> Planted:
    """Freeze what lies below a disk with unwritten data, then unmount the disk."""
    upper, lower = _two_disks(site)
    unit = f"volume-detach-{site.rng.getrandbits(16):04x}.service"
    site.promise(Undo(units=(unit,)))
    folder = site.host.path(lower.mountpoint)
    site.guard(thaw=(str(folder),))
    site.host.write(f"{upper.mountpoint}/data", "x" * 1_000_000)
    thaw.freeze(folder)
    try:
        site.host.start_unit(unit, ["umount", upper.mountpoint])
        task = wait_for("umount to hang", lambda: _hung_umount(site), timeout_s=10)
    except BaseException:
        thaw.thaw(folder)
        raise
    return site.planted(comm="umount", pid=task.pid, cause=(f"loop{upper.loop}",))


def heal(site: Site, planted: Planted) -> None:
    """Thaw what lies below, let the umount end by itself, then take away."""
    if not planted.twin and planted.undo.mounts:
        thaw.thaw(site.host.path(planted.undo.mounts[-1]))
        wait_for("umount to end", lambda: not _hung_umount(site), timeout_s=20)
    clear_away(site, planted)


def twin(site: Site) -> Planted:
    """Attach, write, detach, for ever."""
    disk = volume.draw(site.rng, site.comm())
    unit = f"volume-turnover-{site.rng.getrandbits(16):04x}.service"
    site.promise(disk.undo(), **disk.facts())
    site.promise(Undo(units=(unit,)))
    volume.make(site.host, disk)
    site.host.run(["umount", disk.mountpoint])
    again = f"mount {disk.node} {disk.mountpoint} && date >{disk.mountpoint}/data && umount {disk.mountpoint}"
    site.host.start_unit(unit, ["/bin/sh", "-c", f"while {again}; do sleep 0.3; done"])
    return site.planted()


def _two_disks(site: Site) -> tuple[LoopVolume, LoopVolume]:
    """One upon the other. What must be undone is promised from the top: mounts, then devices in the same order."""
    upper, lower = volume.draw(site.rng, site.comm()), volume.draw(site.rng, site.comm())
    while lower.loop == upper.loop or lower.mountpoint == upper.mountpoint:
        lower = volume.draw(site.rng, site.comm())
    upper = upper.model_copy(update={"backing": f"{lower.mountpoint}/disk.img", "size_mib": volume.SIZE_MIB // 2})
    site.promise(upper.undo(), **upper.facts())
    site.promise(lower.undo())
    state.claim_loop(upper.loop)
    volume.make(site.host, lower)
    volume.make(site.host, upper)
    return upper, lower


def _hung_umount(site: Site) -> Task | None:
    return next((task for task in site.host.tasks() if task.comm == "umount" and task.state == "D"), None)
