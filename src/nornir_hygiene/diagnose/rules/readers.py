"""High iowait with throughput: who reads and writes. Iowait without any is a hang, which other rules tell."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from nornir_hygiene.diagnose.containers import cgroup_of, container_of, origin_of
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity, Subject
from nornir_hygiene.models.process import Suspect
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.window import DiskUse, IoUse, ProcessIo

_MIB = 1 << 20
# Of several that move as much, more are not one question any more.
_AT_MOST = 4
# Busy CPUs have no iowait, whoever waits: below this share of idle time the pressure is asked instead.
_IDLE_ENOUGH_PCT = 30.0
_DIRECT = ("direct_IO", "dio_", "_dio", "submit_bio_wait")
RESTORES = (
    "Less of this I/O: the job at another hour or with a limit of its own (io.max, blkio.throttle, IOWeight=), reads "
    "that find their data in the page cache, or a faster disk. Nothing here hangs: each request is answered."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per place that moves a large share of what all processes seen here moved."""
    use = scene.snapshot.io_use
    if use is None or not _waits(use, scene.thresholds) or (_hang_is_seen(scene) and not _disk_works(use)):
        return ()
    groups = _groups(use.processes)
    total = sum(map(_moved, use.processes))
    least = max(scene.thresholds.io_min_mib_s * _MIB * use.cpu.seconds, total * scene.thresholds.io_share_pct / 100)
    large = [place for place in groups if sum(map(_moved, groups[place])) >= least]
    large.sort(key=lambda place: (-sum(map(_moved, groups[place])), place))
    severity = Severity.WARNING if use.cpu.iowait_pct >= scene.thresholds.iowait_warning_pct else Severity.INFO
    return tuple(
        Conclusion(scene.finding("iowait-readers", severity, _told(scene, use, place, groups[place])))
        for place in large[:_AT_MOST]
    )


def _waits(use: IoUse, limits: Thresholds) -> bool:
    if use.cpu.iowait_pct >= limits.iowait_min_pct:
        return True
    busy = use.cpu.idle_pct + use.cpu.iowait_pct < _IDLE_ENOUGH_PCT
    return busy and use.pressure_pct is not None and use.pressure_pct >= limits.io_pressure_min_pct


def _hang_is_seen(scene: Scene) -> bool:
    """A task that waits for a dead device makes iowait, too, for as long as it hangs."""
    longer = scene.thresholds.blocked_info_s
    return any(task.wait.waits_for == "device" and task.age.reaches(longer) for task in scene.blocked)


def _disk_works(use: IoUse) -> bool:
    """A disk that completes requests and is busy with them at least half of the time."""
    return any(disk.completed > 0 and disk.busy_ms >= use.cpu.seconds * 500 for disk in use.disks)


def _groups(processes: Iterable[ProcessIo]) -> dict[str, list[ProcessIo]]:
    """By where they live: workers change their pid every few seconds, and what they did goes to their parent."""
    groups: dict[str, list[ProcessIo]] = defaultdict(list)
    for process in processes:
        path = _path(process)
        groups[f"{process.comm} outside of any unit" if path in (None, "/") else origin_of(path)].append(process)
    return groups


def _path(process: ProcessIo) -> str | None:
    return cgroup_of(Suspect(pid=process.pid, start_ticks=None, cgroups=process.cgroups))


def _moved(process: ProcessIo) -> int:
    return max(0, process.read_bytes) + max(0, process.written_bytes)


def _told(scene: Scene, use: IoUse, place: str, members: list[ProcessIo]) -> Told:
    does, rate = _does(members), _rate(sum(map(_moved, members)), use)
    waiting = sorted(_waiting(scene, members), key=lambda task: task.key)
    names = ", ".join(_comms(members)[:3])
    return Told(
        subject=Subject(sort="disk-io", name=place),
        summary=f"{names} ({place}) {does} {rate} while {_wait_words(use)}.",
        evidence=Evidence(
            tasks=shown(waiting),
            task_count=len(waiting),
            facts=(*_facts(use, members), *_direct(waiting), *_disks(use.disks, use)),
        ),
        cause=Cause(
            name=f"{names} of {place}",
            established=False,
            because=f"{does} {rate} by /proc/PID/io, twice within {use.cpu.seconds:.1f} s: the requests are answered",
            missing="whether that work is wanted now: ask its owner",
        ),
        restores=RESTORES,
        container=str(container_of(_path(members[0]) or "")),
    )


def _wait_words(use: IoUse) -> str:
    if use.cpu.idle_pct + use.cpu.iowait_pct < _IDLE_ENOUGH_PCT and use.pressure_pct is not None:
        return f"tasks wait for I/O {use.pressure_pct:.0f} % of the time"
    return f"the CPUs are {use.cpu.iowait_pct:.0f} % in iowait"


def _does(members: list[ProcessIo]) -> str:
    reads, writes = sum(one.read_bytes for one in members), sum(one.written_bytes for one in members)
    if min(reads, writes) * 4 >= max(reads, writes):
        return "reads and writes"
    return "reads" if reads > writes else "writes"


def _rate(bytes_moved: int, use: IoUse) -> str:
    return f"{bytes_moved / _MIB / max(use.cpu.seconds, 0.01):.1f} MiB/s"


def _by_comm(members: Iterable[ProcessIo]) -> dict[str, list[ProcessIo]]:
    groups: dict[str, list[ProcessIo]] = defaultdict(list)
    for one in members:
        groups[one.comm].append(one)
    return dict(sorted(groups.items(), key=lambda pair: (-sum(map(_moved, pair[1])), pair[0])))


def _comms(members: Iterable[ProcessIo]) -> list[str]:
    return list(_by_comm(members))


def _facts(use: IoUse, members: list[ProcessIo]) -> tuple[Fact, ...]:
    groups = list(_by_comm(members).items())[:8]
    rows = sorted(members, key=lambda one: (-_moved(one), one.pid))[:5]
    return facts(
        ("iowait", f"{use.cpu.iowait_pct:.0f} % of all CPU time"),
        ("CPUs idle beside it", f"{use.cpu.idle_pct:.0f} %"),
        ("time in which some task waited for I/O", None if use.pressure_pct is None else f"{use.pressure_pct:.0f} %"),
        ("read", _rate(sum(one.read_bytes for one in members), use)),
        ("written", _rate(sum(one.written_bytes for one in members), use)),
        *((f"all {comm}", f"{_rate(sum(map(_moved, ones)), use)} by {_processes(ones)}") for comm, ones in groups),
        *((f"{one.comm}, pid {one.pid}, parent {one.ppid}", _rate(_moved(one), use)) for one in rows),
        ("counted", "what a child did counts for its parent from the moment it is reaped"),
    )


def _processes(ones: list[ProcessIo]) -> str:
    return counted(len(ones), "process", "processes")


def _waiting(scene: Scene, members: list[ProcessIo]) -> Iterator[Task]:
    """Blocked tasks of these processes, or of their programs: a worker lives for less than one probe."""
    pids, comms = {one.pid for one in members}, {one.comm for one in members}
    for task in scene.blocked:
        if task.process.pid in pids or (task.process.ppid in pids and task.process.comm in comms):
            yield task


def _direct(waiting: list[Task]) -> tuple[Fact, ...]:
    for task in waiting:
        for symbol in (task.look.wchan or "", *task.look.stack):
            if any(word in symbol for word in _DIRECT):
                where = f"{symbol.removeprefix('[<0>] ').partition('+')[0]} on the stack of {task.look.comm}"
                return facts(("direct I/O, past the page cache", f"{where} (pid {task.process.pid})"))
    return ()


def _disks(disks: tuple[DiskUse, ...], use: IoUse) -> tuple[Fact, ...]:
    rows = disks[:5]
    return facts(
        *(
            (
                f"disk {disk.name}",
                (
                    f"{_rate(disk.read_bytes, use)} read, {_rate(disk.written_bytes, use)} written, "
                    f"{disk.completed / max(use.cpu.seconds, 0.01):.0f} requests/s, "
                    f"busy {min(100.0, disk.busy_ms / 10 / max(use.cpu.seconds, 0.01)):.0f} %"
                ),
            )
            for disk in rows
        )
    )


_HOST = "iowait 87 idle=10\n"
_READERS = "io 700 1 reader 300 cg=/system.slice/etl.service\nio 701 700 reader 200 cg=/system.slice/etl.service"
_HUNG = "\n183 1 D fsck.ext4 folio_wait_bit_common age=60 fd=/dev/rbd3"
_OTHERS = "\n".join(f"io {pid} 1 app{pid} 0.2 cg=/system.slice/app{pid}.service" for pid in range(800, 810))
MATCHES = (
    Sample("iowait 87 %, 500 MB/s", _HOST + _READERS),
    Sample("workers that are gone: their parent tells", _HOST + "io 700 1 supervisor 400 cg=/system.slice/etl.service"),
    Sample("one among many that write their logs", _HOST + _READERS + "\n" + _OTHERS),
    Sample("a disk that seeks for every page", _HOST + "io 700 1 find 0.7 cg=/system.slice/find.service"),
    Sample("a writer", _HOST + "io 700 1 backup 0 200 cg=/system.slice/backup.service"),
    Sample("beside a hang, from a disk that works", "iowait 87 idle=10 busy=95\n" + _READERS + _HUNG),
    Sample("CPUs too busy for iowait, tasks wait all the time", "iowait 1 idle=3 pressure=97\n" + _READERS),
)
SPARES = (
    Sample("iowait without throughput is a hang", _HOST + "io 700 1 reader 0.01 cg=/system.slice/etl.service"),
    Sample("iowait of a hang, no disk is busy", "iowait 50 idle=49 busy=3\n" + _READERS + _HUNG),
    Sample("iowait and nobody seen: a neighbour on a shared kernel", _HOST),
    Sample("throughput without iowait", "iowait 3 idle=90 pressure=40\n" + _READERS),
    Sample("readers of the page cache", _HOST + "io 700 1 reader 0 cg=/system.slice/etl.service"),
    Sample("many that move a little", _HOST + _OTHERS),
    Sample("pressure, but CPUs are idle and do not wait", "iowait 2 idle=90 pressure=99\n" + _READERS),
)
IOWAIT_READERS = Rule("iowait-readers", conclude, MATCHES, SPARES)
