"""A volume on the kernel's own rbd driver whose OSD is stopped: its check hangs.

Healthy: on the same host, through the same connection to the cluster, a volume that lives on the other OSD.
"""

from nornir_hygiene.lab import ceph
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults import osds
from nornir_hygiene.lab.vm.faults.inside import arrange, blocked

HANG = "krbd-osd-stopped"
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
    osd = osds.sick_osd(site)
    name, unit = osds.volume(site, osd, only_on=None, use="volume-check")
    ceph.serve_from(site.host_named(osds.ADMIN), osd, name.partition("/")[0])
    device = _map(site, name)
    osds.signal(site, osd, "STOP")
    site.host.start_unit(unit, ["fsck", "-a", "-f", device])
    task = blocked(site, "fsck.ext4", lambda task: task.comm == "fsck.ext4")
    return site.planted(pid=task.pid, parent_pid=task.parent, comm="fsck.ext4", parent_comm="fsck")


def twin(site: Site) -> Planted:
    """Checked again and again."""
    well = osds.well_osd(site)
    name, unit = osds.volume(site, well, only_on=well, use="volume-check")
    device = _map(site, name)
    site.host.start_unit(unit, ["/bin/sh", "-c", _CHECK_AGAIN, device])
    return site.planted()


def _map(site: Site, name: str) -> str:
    """Map the image and make a file system on it; the device."""
    device = arrange(site, "volume", _UP, _DOWN, name, name.partition("/")[0])
    site.promise(Undo(), device=device, kernel_device=device.removeprefix("/dev/"))
    return device
