"""The lines of a sample that stand for two samples a second apart: `quota`, `share`, `iowait` and `io`."""

from nornir_hygiene.models.process import CgroupPath
from nornir_hygiene.models.window import CpuQuota, CpuShare, CpuShares, CpuUse, DiskUse, IoUse, ProcessIo, Throttling

_MIB = 1 << 20


def quota_line(words: list[str]) -> CpuQuota:
    """`quota /a 20000/100000 lately=4/10 ever=50/900 weight=20`: held in 4 of 10 periods between two samples."""
    keys = _keys(words[2:])
    quota, period = _pair(words[1])
    throttled, periods = _pair(keys.get("ever", "50/900"))
    held, of = _pair(keys.get("lately", "0/0"))
    lately = Throttling(seconds=1.0, periods=of, throttled=held, throttled_ms=held * 60.0)
    return CpuQuota(
        path=words[0],
        version=1,
        quota_us=quota,
        period_us=period,
        weight=int(keys["weight"]) if "weight" in keys else None,
        periods=periods,
        throttled=throttled,
        lately=lately if "lately" in keys else None,
    )


def share_line(words: list[str]) -> CpuShare:
    """`share /a 1 used=3 starved=96`: the weight, then percent of one CPU and of the time."""
    keys = _keys(words[2:])
    starved = float(keys["starved"]) if "starved" in keys else None
    return CpuShare(path=words[0], weight=int(words[1]), used_pct=float(keys["used"]), starved_pct=starved)


def shares_of(groups: list[CpuShare]) -> CpuShares | None:
    """All of them, on CPUs without idle time."""
    return CpuShares(cpu=CpuUse(seconds=1.0, idle_pct=0.0, iowait_pct=0.0), groups=tuple(groups)) if groups else None


def iowait_line(words: list[str]) -> IoUse:
    """`iowait 87 idle=10 pressure=95 busy=100`, all in percent; the last of the disk vda."""
    keys = _keys(words[1:])
    cpu = CpuUse(seconds=1.0, idle_pct=float(keys["idle"]), iowait_pct=float(words[0]))
    disk = DiskUse(name="vda", read_bytes=_MIB, written_bytes=0, completed=9, busy_ms=int(keys.get("busy", "0")) * 10)
    pressure = float(keys["pressure"]) if "pressure" in keys else None
    return IoUse(cpu=cpu, pressure_pct=pressure, disks=(disk,))


def io_line(words: list[str]) -> ProcessIo:
    """`io 700 1 reader 300 20 cg=/a`: MiB read, then MiB written if any."""
    written = words[4] if len(words) > 4 and "=" not in words[4] else "0"
    where = _keys(words[4:]).get("cg")
    return ProcessIo(
        pid=int(words[0]),
        ppid=int(words[1]),
        comm=words[2],
        read_bytes=int(float(words[3]) * _MIB),
        written_bytes=int(float(written) * _MIB),
        cgroups=(CgroupPath(hierarchy=0, controllers=(), path=where),) if where else (),
    )


def _keys(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words if "=" in word)


def _pair(text: str) -> tuple[int, int]:
    first, _, second = text.partition("/")
    return int(first), int(second)
