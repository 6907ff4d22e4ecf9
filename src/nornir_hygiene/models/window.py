"""What only two samples of one probe show, about a second apart: a rate exists only where both were taken."""

from typing import Literal

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import CgroupPath


class CpuUse(Frozen):
    """Shares of the time of all CPUs between two samples.

    `iowait_pct` is idle time, too: a task of the idle CPU waited for I/O. A busy CPU has none, whoever waits.
    """

    seconds: float
    idle_pct: float
    iowait_pct: float


class Throttling(Frozen):
    """How often a cgroup with a quota had work left in a period and was held until the next, between two samples."""

    seconds: float
    periods: int
    throttled: int
    throttled_ms: float


class CpuQuota(Frozen):
    """A cgroup that may use `quota_us` of CPU in every `period_us`: cpu.cfs_quota_us in v1, cpu.max in v2.

    `weight` is cpu.shares in v1 (1024 is normal) and cpu.weight in v2 (100 is normal). `periods` and `throttled` count
    since the cgroup was made; `lately` is None where it was never throttled or nobody looked twice.
    """

    path: str
    version: Literal[1, 2]
    quota_us: int
    period_us: int
    weight: int | None = None
    periods: int | None = None
    throttled: int | None = None
    lately: Throttling | None = None


class CpuShare(Frozen):
    """A cgroup (v2) among its siblings between two samples: what it weighs (100 is normal) and the CPU it got.

    `used_pct` is of one CPU. `starved_pct` is the share of time in which none of it ran though some wanted to (`full`
    of its cpu.pressure); None where that is little, or no longer so in the second sample.
    """

    path: str
    weight: int
    used_pct: float
    starved_pct: float | None = None


class CpuShares(Frozen):
    """Who shares CPUs that somebody waits for: the starved, the cgroups above them, and the siblings of all these."""

    cpu: CpuUse
    groups: tuple[CpuShare, ...] = ()


class DiskUse(Frozen):
    """What a whole disk did between two samples. Of a disk made of others (dm, md, loop) those did it again."""

    name: str
    read_bytes: int
    written_bytes: int
    completed: int
    busy_ms: int


class ProcessIo(Frozen):
    """What a process made disks do between two samples, with that of the children it reaped meanwhile.

    `cgroups` are its parent's where it was gone before it could be asked.
    """

    pid: int
    ppid: int
    comm: str
    read_bytes: int
    written_bytes: int
    cgroups: tuple[CgroupPath, ...] = ()


class IoUse(Frozen):
    """Who moved what between two samples, the most first.

    `pressure_pct` is the share of time in which some task was held up by I/O (/proc/pressure/io), None without PSI.
    CPU, pressure and disks are the kernel's, the processes only those seen here.
    """

    cpu: CpuUse
    pressure_pct: float | None = None
    disks: tuple[DiskUse, ...] = ()
    processes: tuple[ProcessIo, ...] = ()
