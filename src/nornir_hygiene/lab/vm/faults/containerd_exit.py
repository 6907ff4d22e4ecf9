"""A container that cannot end under a real containerd: its init is exiting, a child waits for a suspended volume.

Healthy: the volume answers again, and the container has ended; nobody has deleted it yet.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.containerd_apps import HANDLER, SERVE, app
from nornir_hygiene.lab.vm.faults.containerd_runtime import Running, run
from nornir_hygiene.lab.vm.faults.inside import arrange
from nornir_hygiene.lab.vm.oci import Volume

# $1 the volume, $2 the file below it, $3 where kubelet has mounted it. Says the kernel's name for it and its number.
_UP = """
truncate -s 8M "$2"
dmsetup create "$1" --table "0 16384 linear $(losetup --find --show "$2") 0" >&2
mkfs.ext4 -q -E lazy_itable_init=0 "/dev/mapper/$1" >&2  # else a thread of the kernel goes on with it, and hangs too
mkdir -p "$3"; mount "/dev/mapper/$1" "$3"
kernel=$(basename "$(readlink -f "/dev/mapper/$1")")
echo "$kernel" "$(cat "/sys/block/$kernel/dev")"
"""
# Resumed first: who waits for the device cannot be ended before. Its container may still hold it.
_DOWN = """
dmsetup resume "$1"
umount "$3"; rmdir --parents --ignore-fail-on-non-empty "$3"
dmsetup remove --deferred "$1"
losetup -j "$2" | cut -d: -f1 | xargs -r -n1 losetup --detach
rm -f "$2"
"""
# Written once before, so that only the data is to be written then, and nothing has to be read.
_WRITE = """
exec 4<>/data/ledger
dd if=/dev/zero bs=4096 count=1 conv=fsync >&4 2>/dev/null
: >/ready
(until [ -e /go ]; do sleep 0.2; done; exec dd if=/dev/zero bs=4096 count=1 conv=fsync >&4 2>/dev/null) &
"""
# The write has to wait before the end begins: who only wants to write can still be killed.
_END = """
until [ -e "$box/rootfs/ready" ]; do sleep 0.2; done
dmsetup suspend --nolockfs {volume}
: >"$box/rootfs/go"
until child=$(children); read -r stat <"/proc/${{child% }}/stat" && [ "${{stat#*) D}}" != "$stat" ]; do sleep 0.2; done
ctr task kill --signal KILL "$id" >&2
"""
_UNTIL_DYING = 'until [ "$(readlink "/proc/$pid/exe")" = "" ]; do sleep 0.2; done'
_RESUME = """
dmsetup resume %s
while [ -e "/proc/$pid" ]; do sleep 0.2; done
children() { :; }
"""


def plant(site: Site) -> Planted:
    """Killed while its child waits for the volume: the kernel kills the child too, in vain."""
    comm, ran = _ended(site, _UNTIL_DYING)
    kernel = site.draft.facts.kernel_device or ""
    return site.planted(comm=comm, pid=ran.pid, pids=ran.pids, cause=(kernel, f"pid {ran.pids[0]}"))


def twin(site: Site) -> Planted:
    """The volume is resumed, the child and then the init are gone; the shim waits for somebody to delete the task."""
    _, ran = _ended(site, "")
    return site.planted(pid=ran.shim)


def _ended(site: Site, until: str) -> tuple[str, Running]:
    """Run a container whose child hangs, and end it; its program and what is left of it."""
    comm, volume = site.comm(), f"pv-{site.rng.getrandbits(24):06x}"
    writing = app(site, comm, HANDLER + _WRITE + SERVE, systemd=False)
    mount = f"/var/lib/kubelet/pods/{writing.pod.uid}/volumes/kubernetes.io~csi/{volume}/mount"
    site.promise(Undo(), device=volume)
    kernel, number = arrange(site, "volume", _UP, _DOWN, volume, f"/var/lib/{volume}.img", mount).split()
    site.promise(Undo(), kernel_device=kernel, device_number=number)
    like = {
        "volume": Volume(source=mount, destination="/data"),
        "then": _END.format(volume=volume) + (until or _RESUME % volume),
    }
    return comm, run(site, writing.model_copy(update=like))
