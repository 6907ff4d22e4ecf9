"""`rbd map` of a volume whose OSD is stopped; healthy: mapped and unmapped again and again, on the other OSD.

`rbd map` first looks at the image itself and then lets the kernel do it. Of an OSD that fell silent before, it would
wait outside of the kernel, so this one falls silent between the two.
"""

from nornir_hygiene.lab import ceph
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults import osds
from nornir_hygiene.lab.vm.faults.inside import arrange, sh

ATTACH = "rbd-map-osd-stopped"
# $1 the pool. Whatever of it is mapped when the map has come back.
_DOWN = """
for one in /sys/bus/rbd/devices/*; do
    [ "$(cat "$one/pool")" = "$1" ] || continue
    rbd unmap "/dev/rbd${one##*/}"
done
"""
# `rbd map` loads the kernel's module where it sees none, as the last thing it does outside of the kernel. Here it sees
# none, in mounts of its own as a plugin's container has them, and what it loads it with waits for the word. $1 is
# pool/image, $2 the file that is the word, $3 the one that says that it waits.
_MAP = """
mount -t tmpfs none /sys/bus
printf '#!/bin/sh\\n: >%s; until [ -e %s ]; do sleep 0.1; done; umount --lazy /sys/bus\\n' "$3" "$2" >/sys/bus/wait
chmod 755 /sys/bus/wait
mount --bind /sys/bus/wait /usr/bin/kmod
exec rbd map "$1"
"""
_MAP_AGAIN = 'while :; do device=$(rbd map "$0") && rbd unmap "$device"; sleep 3; done'
_UNTIL_READY = 'for try in $(seq 300); do [ ! -e "$1" ] || exit 0; sleep 0.1; done; exit 1'
_UNTIL_IT_HANGS = """
: >"$2"
pid=$(systemctl show --property=MainPID --value "$1")
for try in $(seq 300); do
    ! grep -q do_rbd_add /proc/"$pid"/task/*/stack || exit 0
    sleep 0.1
done
exit 1
"""


def plant(site: Site) -> Planted:
    """Let `rbd map` find the image, stop its OSD, let the kernel map it."""
    osd = osds.sick_osd(site)
    name, unit = _volume(site, osd, only_on=None)
    go, ready = f"/run/{unit}.go", f"/run/{unit}.ready"
    site.promise(Undo(paths=(go, ready)))
    ceph.serve_from(site.host_named(osds.ADMIN), osd, name.partition("/")[0])
    site.host.start_unit(unit, ["unshare", "--mount", "sh", "-ec", _MAP, "sh", name, go, ready])
    sh(site, _UNTIL_READY, ready)
    osds.signal(site, osd, "STOP")
    sh(site, _UNTIL_IT_HANGS, unit, go)
    return site.planted(comm="rbd")


def twin(site: Site) -> Planted:
    """A volume that comes and goes."""
    well = osds.well_osd(site)
    name, unit = _volume(site, well, only_on=well)
    site.host.start_unit(unit, ["/bin/sh", "-c", _MAP_AGAIN, name])
    return site.planted()


def _volume(site: Site, osd: int, only_on: int | None) -> tuple[str, str]:
    name, unit = osds.volume(site, osd, only_on=only_on, use="volume-map")
    arrange(site, "volume", "modprobe rbd", _DOWN, name.partition("/")[0])
    return name, unit
