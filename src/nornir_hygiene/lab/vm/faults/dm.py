"""A reader of a device-mapper device that somebody suspended; healthy: suspended and resumed."""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import arrange, blocked, sh

# $1 the device's name, $2 the file below it. Says the kernel's name for it and its number.
_UP = """
truncate -s 8M "$2"
loop=$(losetup --find --show "$2")
dmsetup create "$1" --table "0 16384 linear $loop 0" >&2
kernel=$(basename "$(readlink -f "/dev/mapper/$1")")
echo "$kernel" "$(cat "/sys/block/$kernel/dev")"
"""
# Resumed first: who waits for the device cannot be ended before. Its reader may still hold it.
_DOWN = """
dmsetup resume "$1"; dmsetup remove --deferred "$1"
losetup -j "$2" | cut -d: -f1 | xargs -r -n1 losetup --detach
rm -f "$2"
"""


def plant(site: Site) -> Planted:
    """Every request is held back until `dmsetup resume`."""
    name, made, go = _reader(site)
    sh(site, 'dmsetup suspend --nolockfs "$1"; : >"$2"', name, go)
    blocked(site, "the reader", lambda task: task.pid == made)
    return site.planted(cause=("suspended", name))


def twin(site: Site) -> Planted:
    """A change of the table that was finished."""
    name, _, go = _reader(site)
    sh(site, 'dmsetup suspend --nolockfs "$1"; dmsetup resume "$1"; : >"$2"', name, go)
    return site.planted()


def _reader(site: Site) -> tuple[str, int, str]:
    """The device's name, its reader's pid, and the file that lets it begin."""
    name = site.comm()
    go = f"/run/{name}.go"
    kernel, number = arrange(site, "volume", _UP, _DOWN, name, f"/var/lib/{name}.img").split()
    site.promise(Undo(paths=(go,)), device=kernel, kernel_device=kernel, device_number=number)
    made = site.start("reader", {"file": f"/dev/{kernel}", "go": go})
    pid = int(made.report["pid"])
    site.promise(Undo(), comm=made.comm, pid=pid)
    return name, pid, go
