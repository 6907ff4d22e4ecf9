"""Short-lived readers that keep a slow disk busy; healthy: the same readers of a file in the page cache."""

from nornir_hygiene.lab import throttle, volume
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted

# What a hard disk reads in a row, and 19 MiB/s to an audit: slow enough that somebody always waits.
_BYTES_PER_S = 20_000_000
_FILE_MIB = 24


def plant(site: Site) -> Planted:
    """Past the page cache, from a disk that is slower than they are."""
    return _read(site, direct=True)


def twin(site: Site) -> Planted:
    """From the page cache, at full speed with pauses."""
    return _read(site, direct=False)


def _read(site: Site, *, direct: bool) -> Planted:
    disk = volume.draw(site.rng, site.comm())
    site.promise(disk.undo(), **disk.facts())
    volume.make(site.host, disk)
    file = f"{disk.mountpoint}/data"
    site.host.run(["dd", "if=/dev/zero", f"of={file}", "bs=1M", f"count={_FILE_MIB}", "conv=fsync"])
    if direct:
        throttle.impose(site.host.cgroup("blkio"), disk.number, _BYTES_PER_S)
    made = site.start("readers", {"file": file, "direct": direct, "count": site.rng.randint(2, 4)})
    return site.planted(comm=made.comm)
