"""Short-lived readers past the page cache that keep a slow disk busy; healthy: the same readers of what is in it.

The disk is slow for them alone, by their unit's own limit: nobody else on the host waits for it.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import sh

# What a hard disk reads in a row: slow enough that under emulation, too, somebody always waits.
_LIMIT = "20M"
# Of the cache so much between two pauses that the emulator is not busy with copying alone.
_DISK_MIB, _CACHE_MIB = 8, 1
_MAKE = 'dd if=/dev/zero of="$1" bs=1M count="$2" conv=fsync 2>/dev/null'


def plant(site: Site) -> Planted:
    """Which of them reads just now changes every second; their parent stays."""
    file = _file(site, _DISK_MIB)
    return _read(site, file, True, f"IOReadBandwidthMax={file} {_LIMIT}")


def twin(site: Site) -> Planted:
    """No disk has anything to do."""
    return _read(site, _file(site, _CACHE_MIB), False)


def _file(site: Site, mib: int) -> str:
    file = f"/var/lib/{site.comm()}.data"
    site.promise(Undo(paths=(file,)))
    sh(site, _MAKE, file, str(mib))
    return file


def _read(site: Site, file: str, direct: bool, *properties: str) -> Planted:
    asked = {"file": file, "direct": direct, "count": site.rng.randint(2, 4)}
    made = site.start("readers", asked, *properties)
    return site.planted(comm=made.comm)
