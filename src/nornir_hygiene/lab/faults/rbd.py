"""A block device on rbd whose OSD is sick: stopped (answers nothing) or stuck (answers, but serves no client).

Healthy: the same device on the clean host, checked again and again, served by the other OSD.
"""

import random
from collections.abc import Callable, Sequence

from nornir_hygiene.lab import ceph, rbd
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import LabHost, Task
from nornir_hygiene.lab.model import Planted, Undo

STOPPED, STUCK = "rbd-osd-stopped", "rbd-osd-stuck"
_ADMIN = "ceph-1"
_Act = Callable[[LabHost, int], None]


def plant_stopped(site: Site) -> Planted:
    """The OSD process gets SIGSTOP; it stays "up" in the cluster's map."""
    return _plant(site, _stop_osd, _sick_osd(site.seed, STOPPED))


def plant_stuck(site: Site) -> Planted:
    """The OSD answers `tell`, but delays every operation by an hour."""
    return _plant(site, _delay_osd, _sick_osd(site.seed, STUCK))


def plant_stopped_for(sites: Sequence[Site]) -> list[Planted]:
    """One stopped OSD behind several hosts, each with a volume of its own."""
    return _plant_for(sites, _stop_osd, _sick_osd(sites[0].seed, STOPPED))


def plant_stuck_for(sites: Sequence[Site]) -> list[Planted]:
    """One stuck OSD behind several hosts, each with a volume of its own."""
    return _plant_for(sites, _delay_osd, _sick_osd(sites[0].seed, STUCK))


def heal_stopped(site: Site, planted: Planted) -> None:
    """Continue the OSD, let the hung check end by itself, take the volume away."""
    _heal(site, planted, _continue_osd)


def heal_stuck(site: Site, planted: Planted) -> None:
    """Restart the OSD (its delay was set at run time only), then the same."""
    _heal(site, planted, _restart_osd)


def twin_stopped(site: Site) -> Planted:
    """A healthy volume, checked for ever."""
    return _twin(site, _sick_osd(site.seed, STOPPED))


def twin_stuck(site: Site) -> Planted:
    """A healthy volume, checked for ever."""
    return _twin(site, _sick_osd(site.seed, STUCK))


def _sick_osd(seed: int, fault: str) -> int:
    return random.Random(f"{seed}:osd:{fault}").choice(sorted(ceph.OSD_HOSTS))


def _plant(site: Site, make_sick: _Act, osd: int) -> Planted:
    (planted,) = _plant_for([site], make_sick, osd)
    return planted


def _plant_for(sites: Sequence[Site], make_sick: _Act, osd: int) -> list[Planted]:
    """Nobody can attach a volume to an OSD that is sick already."""
    attached = [_attached(site, osd) for site in sites]
    make_sick(sites[0].host_named(ceph.OSD_HOSTS[osd]), osd)
    planted = []
    for site, (device, check) in zip(sites, attached, strict=True):
        task = _start_check(site.host, device, check)
        planted.append(site.planted(pid=task.pid, parent_pid=task.parent, comm="fsck.ext4", parent_comm="fsck"))
    return planted


def _attached(site: Site, osd: int) -> tuple[rbd.Device, str]:
    device, check = _volume(site, osd, only_on=None)
    ceph.serve_from(site.host_named(_ADMIN), osd, device.volume.pool)
    rbd.attach(site.host, device)
    return device, check


def _twin(site: Site, sick: int) -> Planted:
    well = next(number for number in ceph.OSD_HOSTS if number != sick)
    device, check = _volume(site, well, only_on=well)
    rbd.attach(site.host, device)
    again = f"while :; do blockdev --flushbufs {device.node}; fsck -a -f {device.node}; sleep 1; done"
    site.host.start_unit(check, ["/bin/sh", "-c", again])
    return site.planted()


def _volume(site: Site, osd: int, only_on: int | None) -> tuple[rbd.Device, str]:
    """Draw and make a volume; the device to be made of it and the unit that is to check it."""
    volume = ceph.drawn_volume(site.seed, str(site.rng.random()))
    device = rbd.draw(site.rng, volume)
    check = f"volume-check-{site.rng.getrandbits(16):04x}.service"
    site.promise(Undo(units=(check,)), osd=osd, osd_host=ceph.OSD_HOSTS[osd], unit=check)
    site.promise(device.undo(), **device.facts())
    ceph.create_volume(site.host_named(_ADMIN), volume, only_on=only_on)
    return device, check


def _start_check(host: LabHost, device: rbd.Device, unit: str) -> Task:
    # With the type in fstab `fsck` does not probe the device itself: it waits in S, its child in D.
    with host.path("/etc/fstab").open("a") as fstab:
        fstab.write(f"{device.node} /mnt ext4 noauto 0 2\n")
    host.run(["blockdev", "--flushbufs", device.node])
    host.start_unit(unit, ["fsck", "-a", "-f", device.node])
    return wait_for("fsck.ext4 to hang", lambda: _hung_check(host, unit), timeout_s=30)


def _hung_check(host: LabHost, unit: str | None) -> Task | None:
    """The child in D of this unit's `fsck`."""
    main = host.run(["systemctl", "show", "--property=MainPID", "--value", unit or ""]).stdout.strip()
    children = (task for task in host.tasks() if str(task.parent) == main and task.comm == "fsck.ext4")
    return next((task for task in children if task.state == "D"), None)


def _heal(site: Site, planted: Planted, cure: _Act) -> None:
    admin = site.host_named(_ADMIN)
    if not planted.twin and planted.facts.osd is not None and planted.facts.osd_host:
        cure(site.host_named(planted.facts.osd_host), planted.facts.osd)
        # Never killed: it would only be killed after it came back, in the middle of a repair.
        wait_for(
            "the hung check to end", lambda: not _hung_check(site.host, planted.facts.unit), timeout_s=60, every_s=0.2
        )
        ceph.serve_from_all(admin)
        site.host.write("/etc/fstab", "")
    clear_away(site, planted)
    ceph.delete_pool(admin, planted.facts.pool or "", only_on=planted.facts.osd if planted.twin else None)


def _stop_osd(host: LabHost, osd: int) -> None:
    host.run(["systemctl", "kill", "--signal=STOP", f"ceph-osd@{osd}"])


def _continue_osd(host: LabHost, osd: int) -> None:
    host.run(["systemctl", "kill", "--signal=CONT", f"ceph-osd@{osd}"])


def _delay_osd(host: LabHost, osd: int) -> None:
    for option, value in (("duration", "3600"), ("probability", "1.0")):
        name = f"osd_debug_inject_dispatch_delay_{option}"
        host.run(["ceph", "daemon", f"osd.{osd}", "config", "set", name, value])


def _restart_osd(host: LabHost, osd: int) -> None:
    unit = f"ceph-osd@{osd}"
    host.run(["systemctl", "reset-failed", unit])  # its start limit is three in half an hour
    host.run(["systemctl", "kill", "--signal=KILL", unit], check=False)  # a delayed OSD takes long to say goodbye
    host.run(["systemctl", "restart", unit], timeout_s=60)
