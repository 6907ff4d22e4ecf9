"""A volume on the kernel's own rbd driver whose OSD is stopped: its check hangs.

Healthy: on the same host, through the same connection to the cluster, a volume that lives on the other OSD.
"""

import random

from nornir_hygiene.lab import ceph
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import PATIENCE_S, arrange, blocked, clear_away

HANG = "krbd-osd-stopped"
_ADMIN = "ceph-1"
# $1 is pool/image, $2 the pool. With the type in fstab `fsck` does not probe the device itself: it waits in S, its
# child in D.
_UP = """
device=$(rbd map "$1")
mkfs.ext4 -q "$device" >&2
echo "$device /mnt ext4 noauto 0 2" >>/etc/fstab
blockdev --flushbufs "$device"
echo "$device"
"""
_DOWN = """
for one in /sys/bus/rbd/devices/*; do
    [ "$(cat "$one/pool")" = "$2" ] || continue
    sed -i "\\|^/dev/rbd${one##*/} |d" /etc/fstab
    rbd unmap "/dev/rbd${one##*/}"
done
"""
_CHECK_AGAIN = 'while :; do blockdev --flushbufs "$0"; fsck -a -f "$0"; sleep 3; done'


def plant(site: Site) -> Planted:
    """Map, format, stop the OSD, check."""
    osd = _sick_osd(site.seed)
    name, unit = _volume(site, osd, only_on=None)
    ceph.serve_from(site.host_named(_ADMIN), osd, name.partition("/")[0])
    device = _map(site, name)
    _signal(site, osd, "STOP")
    site.host.start_unit(unit, ["fsck", "-a", "-f", device])
    task = blocked(site, "fsck.ext4", lambda task: task.comm == "fsck.ext4")
    return site.planted(pid=task.pid, parent_pid=task.parent, comm="fsck.ext4", parent_comm="fsck")


def twin(site: Site) -> Planted:
    """Checked again and again."""
    well = _well_osd(site.seed)
    name, unit = _volume(site, well, only_on=well)
    device = _map(site, name)
    site.host.start_unit(unit, ["/bin/sh", "-c", _CHECK_AGAIN, device])
    return site.planted()


def heal(site: Site, planted: Planted) -> None:
    """Continue the OSD, let what hung end by itself, take the volume away."""
    told, admin = planted.facts, site.host_named(_ADMIN)
    if not planted.twin and told.osd is not None:
        _signal(site, told.osd, "CONT")
        wait_for("the hung task to end", lambda: _ended(site, told.unit), timeout_s=PATIENCE_S, every_s=0.5)
        ceph.serve_from_all(admin)
    clear_away(site, planted)
    if told.pool:
        ceph.delete_pool(admin, told.pool, only_on=told.osd if planted.twin else None)


def _map(site: Site, name: str) -> str:
    """Map the image and make a file system on it; the device."""
    device = arrange(site, "volume", _UP, _DOWN, name, name.partition("/")[0])
    site.promise(Undo(), device=device, kernel_device=device.removeprefix("/dev/"))
    return device


def _ended(site: Site, unit: str | None) -> bool:
    """Never killed: it would only be killed after it came back, in the middle of a repair."""
    return unit is None or site.host.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode != 0


def _sick_osd(seed: int) -> int:
    return random.Random(f"{seed}:osd:{HANG}").choice(sorted(ceph.OSD_HOSTS))


def _well_osd(seed: int) -> int:
    return next(number for number in ceph.OSD_HOSTS if number != _sick_osd(seed))


def _volume(site: Site, osd: int, only_on: int | None) -> tuple[str, str]:
    """Draw and make a volume; `pool/image` and the unit that is to use it."""
    volume = ceph.drawn_volume(site.seed, f"{site.rng.random()}:{site.draft.twin}")
    unit = f"volume-check-{site.rng.getrandbits(16):04x}.service"
    told = {"pool": volume.pool, "image": volume.image, "osd": osd, "osd_host": ceph.OSD_HOSTS[osd], "unit": unit}
    site.promise(Undo(units=(unit,)), **told)
    ceph.create_volume(site.host_named(_ADMIN), volume, only_on=only_on)
    return f"{volume.pool}/{volume.image}", unit


def _signal(site: Site, osd: int, name: str) -> None:
    host = site.host_named(ceph.OSD_HOSTS[osd])
    host.run(["systemctl", "kill", f"--signal={name}", f"ceph-osd@{osd}"])
