"""Disks and processes between two samples: rows of the kernel as they were, of processes the probe's own differences.

```
/proc/uptime:13342.82 13471.20
/proc/stat:cpu  749157 20949 310675 1347300 211694 0 5601 4536 0 0
/proc/pressure/io:some avg10=1.88 avg60=4.82 avg300=3.91 total=2706348570
/proc/diskstats: 254       0 vda 640510 70171 19880882 894235 1251036 609593 62157968 610662 1 211908 1570364
28559 28359 106299392 0 dd
```
"""

from typing import NamedTuple

from nornir_hygiene.models.process import CgroupPath
from nornir_hygiene.models.window import DiskUse, IoUse, ProcessIo
from nornir_hygiene.parse.cpu import parse_cpu_use
from nornir_hygiene.parse.fields import unsigned

# Sectors of /proc/diskstats have 512 bytes, whatever the disk's own have (Documentation/admin-guide/iostats.rst).
_SECTOR = 512
_Cgroups = dict[int, tuple[CgroupPath, ...]]


class _Disk(NamedTuple):
    reads: int
    sectors_read: int
    writes: int
    sectors_written: int
    busy_ms: int


def parse_io_use(before: list[str], after: list[str], top: list[str], cgroups: _Cgroups) -> IoUse | None:
    """None without two samples of the CPUs; a process whose row cannot be read is left out."""
    cpu = parse_cpu_use(before, after)
    if cpu is None:
        return None
    rows = (_process(line, cgroups) for line in top)
    return IoUse(
        cpu=cpu,
        pressure_pct=_pressure(before, after, cpu.seconds),
        disks=_disks(before, after),
        processes=tuple(row for row in rows if row is not None),
    )


def _process(line: str, cgroups: _Cgroups) -> ProcessIo | None:
    words = line.split(" ", 4)
    pid, ppid, read, written = (unsigned(word) for word in (words + [""] * 4)[:4])
    if pid is None or ppid is None or read is None or written is None or len(words) < 5:
        return None
    where = cgroups.get(pid) or cgroups.get(ppid, ())
    return ProcessIo(pid=pid, ppid=ppid, comm=words[4], read_bytes=read, written_bytes=written, cgroups=where)


def _pressure(before: list[str], after: list[str], passed: float) -> float | None:
    first, second = _stalled_us(before), _stalled_us(after)
    if first is None or second is None:
        return None
    return round(min(100.0, max(0.0, (second - first) / passed / 1e4)), 1)


def _stalled_us(lines: list[str]) -> int | None:
    start = "/proc/pressure/io:some "
    text = next((line for line in lines if line.startswith(start)), "")
    return unsigned(text.partition(" total=")[2])


def _disks(before: list[str], after: list[str]) -> tuple[DiskUse, ...]:
    """Those that completed anything, the busiest first."""
    first, second = _counters(before), _counters(after)
    used = (_use(name, first[name], second[name]) for name in first.keys() & second.keys())
    moved = (disk for disk in used if disk is not None)
    return tuple(sorted(moved, key=lambda disk: (-disk.read_bytes - disk.written_bytes, disk.name)))


def _counters(lines: list[str]) -> dict[str, _Disk]:
    """By the disk's name: fields 4, 6, 8, 10 and 13 of its row."""
    found = {}
    for line in lines:
        words = line.removeprefix("/proc/diskstats:").split()
        if line.startswith("/proc/diskstats:") and len(words) >= 14:
            numbers = [unsigned(words[place]) for place in (3, 5, 7, 9, 12)]
            if None not in numbers:
                found[words[2]] = _Disk(*(number or 0 for number in numbers))
    return found


def _use(name: str, first: _Disk, second: _Disk) -> DiskUse | None:
    moved = _Disk(*(two - one for one, two in zip(first, second, strict=True)))
    if min(moved) < 0 or moved.reads + moved.writes == 0:
        return None
    return DiskUse(
        name=name,
        read_bytes=moved.sectors_read * _SECTOR,
        written_bytes=moved.sectors_written * _SECTOR,
        completed=moved.reads + moved.writes,
        busy_ms=moved.busy_ms,
    )
