"""`ps` hangs on the host: the /proc files of one process cannot be read, and every reader queues up behind it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nornir_hygiene.diagnose.ages import blocked_severity, oldest, worst
from nornir_hygiene.diagnose.rules.proc_read_samples import MATCHES, SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity, Subject
from nornir_hygiene.models.host import Stall

# Files whose read takes the address-space lock, or the exec lock of the target (domain facts 1.2).
_BLOCKING = "cmdline|environ|stat|wchan|stack|syscall|io|maps|smaps|smaps_rollup|numa_maps|pagemap|auxv|exe"
_LINK = re.compile(rf"^/proc/(?P<pid>\d{{1,9}})(?:/task/\d+)?(?:/(?P<file>{_BLOCKING}))?$")
_READS = frozenset({"address-space-read", "exec-lock"})
_HOLDS = frozenset({"address-space"})
# do_task_stat, proc_pid_wchan, lock_trace, do_io_accounting and mm_access take it; cmdline does not (tried on 6.18).
_EXEC_FILES = frozenset({"stat", "wchan", "stack", "syscall", "io", "environ", "auxv", "exe", "maps"})
_NOT_TOLD = "the kernel does not say who holds the lock"
RESTORES = (
    "What the holder of the lock waits for; all readers go on at once then. On kernels from 5.15 a stuck reader can "
    "be killed, on EL7 and EL8 not. Until then: no ps aux, top, pgrep, pidof on this host, each becomes one more "
    "stuck task; `ps -eo pid,ppid,stat,lstart,wchan` reads no such file."
)


@dataclass(frozen=True)
class _Reader:
    task: Task
    target: int | None
    file: str | None


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per process that cannot be read."""
    return tuple(_conclusions(scene, explained))


def _conclusions(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    readers: dict[int | None, list[_Reader]] = defaultdict(list)
    stalls: dict[int | None, list[Stall]] = defaultdict(list)
    holder = _only_holder(scene)
    for reader in _readers(scene, explained):
        readers[holder if reader.target is None else reader.target].append(reader)
    likely = holder or _only_target(scene, readers, scene.snapshot.stalls)
    for stall in scene.snapshot.stalls:
        stalls[likely if stall.pid is None else stall.pid].append(stall)
    for target in sorted({*readers, *stalls}, key=lambda pid: -1 if pid is None else pid):
        if conclusion := _conclusion(scene, target, readers[target], stalls[target]):
            yield conclusion


def _readers(scene: Scene, explained: Explained) -> Iterator[_Reader]:
    for task in scene.blocked:
        if task.process.kernel_thread or task.key in explained:
            continue
        target, file = _link(task)
        blind = task.wait.family is None and file is not None
        if task.wait.waits_for in _READS or blind or (task.wait.wait_class == "generic" and file is not None):
            yield _Reader(task, target, file)


def _link(task: Task) -> tuple[int | None, str | None]:
    """The most telling link: a file before a folder, the last opened first. Own files never hang the reader."""
    found: list[tuple[bool, int, int, str | None]] = []
    for link in task.suspect.fds if task.suspect else ():
        match = _LINK.match(link.target)
        if match and int(match["pid"]) != task.process.pid:
            found.append((match["file"] is not None, link.fd, int(match["pid"]), match["file"]))
    if not found or _in_child_namespace(task):
        return None, None
    best = max(found)
    return best[2], best[3]


def _in_child_namespace(task: Task) -> bool:
    """A reader in a container sees its own pid numbers: they mean nothing here."""
    return bool(task.suspect and len(task.suspect.nspid) > 1)


def _only_holder(scene: Scene) -> int | None:
    """Without a link: the one process that has threads waiting for its own address-space lock, if there is just one."""
    pids = {task.process.pid for task in scene.blocked if task.wait.waits_for in _HOLDS}
    return pids.pop() if len(pids) == 1 else None


def _only_target(scene: Scene, readers: dict[int | None, list[_Reader]], stalls: Iterable[Stall]) -> int | None:
    """A pass of the probe that could not say where it stalled: on the one process that cannot be read, if just one.

    Who only reads slowly says nothing of its target.
    """
    stuck = (pid for pid, several in readers.items() if _queue_severity(scene, several))
    pids = {pid for pid in (*stuck, *(stall.pid for stall in stalls)) if pid is not None}
    return pids.pop() if len(pids) == 1 else None


def _queue_severity(scene: Scene, readers: list[_Reader]) -> Severity | None:
    return blocked_severity(oldest(reader.task.age for reader in readers), scene.thresholds) if readers else None


def _conclusion(scene: Scene, target: int | None, readers: list[_Reader], stalls: list[Stall]) -> Conclusion | None:
    severity = worst(_queue_severity(scene, readers), _stall_severity(scene, target) if stalls else None)
    if severity is None:
        return None
    holders = _holders(scene, target)
    told = _told(scene, target, readers, stalls)
    explains = {reader.task.key for reader in readers}
    explains |= {task.key for task in holders if task.wait.waits_for in (_HOLDS | _READS)}
    return Conclusion(scene.finding("proc-read-hang", severity, told), frozenset(explains))


def _stall_severity(scene: Scene, target: int | None) -> Severity:
    """No /proc read sleeps for the seconds of a deadline by itself; but a target that is gone was only slow."""
    return Severity.WARNING if target in scene.processes else Severity.INFO


def _holders(scene: Scene, target: int | None) -> list[Task]:
    """Threads of the target in D: those that wait for the address-space lock first, then the rest."""
    blocked = [task for task in scene.tasks.get(target, ()) if task.blocked] if target is not None else []
    return sorted(blocked, key=lambda task: (task.wait.waits_for not in _HOLDS, -(task.age.seconds or 0.0), task.key))


def _told(scene: Scene, target: int | None, readers: list[_Reader], stalls: list[Stall]) -> Told:
    tasks, holders = [reader.task for reader in readers], _holders(scene, target)
    leader = scene.leader(target) if target is not None else None
    watched = holders or ([leader] if leader else [])
    roles = {task.key: "reader of the probe, abandoned" for task in tasks if _is_own(task, stalls)}
    roles |= {task.key: "thread of the target" for task in watched}
    together = {task.key: task for task in (*tasks, *watched)}
    return Told(
        subject=_subject(scene, target),
        summary=_summary(scene, target, tasks, stalls),
        evidence=Evidence(
            tasks=shown(together.values(), roles),
            task_count=len(together),
            facts=_facts(readers, stalls),
        ),
        cause=_cause(target, leader, holders, _files(readers, stalls)),
        restores=RESTORES,
        container=leader.where if leader else one_place(tasks),
    )


def _subject(scene: Scene, target: int | None) -> Subject:
    return Subject(sort="process", name="target unknown") if target is None else scene.process_subject(target)


def _summary(scene: Scene, target: int | None, tasks: list[Task], stalls: list[Stall]) -> str:
    leader = scene.leader(target) if target is not None else None
    who = "a process that cannot be named" if target is None else f"process {target}"
    who += f" ({leader.process.comm})" if leader else ""
    age = oldest(task.age for task in tasks)
    queue = f"{counted(len(tasks), 'reader')} stuck ({comms(tasks)}), the longest for {age}" if tasks else ""
    own = f"the probe itself stalled there {counted(len(stalls), 'time')}" if stalls else ""
    return f"The /proc files of {who} cannot be read: {', and '.join(filter(None, (queue, own)))}."


def _facts(readers: list[_Reader], stalls: list[Stall]) -> tuple[Fact, ...]:
    return facts(
        ("files", ", ".join(_files(readers, stalls))),
        ("stuck readers", len(readers) or None),
        ("readers", comms(reader.task for reader in readers)),
        ("stalled passes of the probe", len(stalls) or None),
        (
            "readers the probe had to abandon",
            ", ".join(sorted({stall.abandoned for stall in stalls if stall.abandoned})),
        ),
        ("target told from", _told_from(readers, stalls)),
    )


def _files(readers: list[_Reader], stalls: list[Stall]) -> list[str]:
    files = {reader.file for reader in readers} | {stall.file for stall in stalls}
    return sorted(file for file in files if file)


def _is_own(task: Task, stalls: list[Stall]) -> bool:
    """Whether it is a reader of this or an earlier probe: `abandoned` holds "pid start_ticks"."""
    return any(stall.abandoned == f"{task.process.pid} {task.process.start_ticks}" for stall in stalls)


def _told_from(readers: list[_Reader], stalls: list[Stall]) -> str:
    if any(reader.file for reader in readers):
        return "the file a stuck reader has open"
    if any(stall.pid is not None for stall in stalls):
        return "the file the probe stalled on"
    return "the only process with threads waiting for their own address-space lock, if any"


def _cause(target: int | None, leader: Task | None, holders: list[Task], files: list[str]) -> Cause:
    if target is None:
        missing = "the target: no reader shows which file it has open (no root, or another pid namespace)"
        return Cause(name="unknown", established=False, because="readers wait for a lock of it", missing=missing)
    name = f"process {target} ({leader.process.comm if leader else 'not seen'})"
    if not holders:
        return _cause_without_thread(name, leader, files)
    root = next((task for task in holders if task.wait.waits_for not in _HOLDS), holders[0])
    return Cause(
        name=f"likely thread {root.tid} of {name}: {root.wait.name}",
        established=False,
        because=_because(root, holders[0]),
        missing=_NOT_TOLD,
    )


def _cause_without_thread(name: str, leader: Task | None, files: list[str]) -> Cause:
    """No thread in D: these files need the exec lock too, so a stuck exec is likely; the others only need the mm."""
    state = f"; it is in state {leader.look.state}, {_channel(leader)}" if leader else ""
    because = f"no thread of the target was seen in D{state}"
    if _EXEC_FILES.isdisjoint(files) or "cmdline" in files:
        return Cause(name=f"a lock of {name}, holder unknown", established=False, because=because, missing=_NOT_TOLD)
    because += "; a process stuck inside exec holds the lock that these files need, and cmdline does not"
    return Cause(name=f"likely the exec of {name}", established=False, because=because, missing=_NOT_TOLD)


def _because(root: Task, first: Task) -> str:
    if first is root:
        return f"thread {root.tid} of the target is in D ({_channel(root)}), blocked for {root.age}"
    return (
        f"thread {first.tid} of the target waits for, or holds, its address-space lock ({_channel(first)}), and its "
        f"sibling {root.tid} is in D in {_channel(root)}"
    )


def _channel(task: Task) -> str:
    return task.wait.symbol or task.look.wchan or "no wait channel"


PROC_READ_HANG = Rule("proc-read-hang", conclude, MATCHES, SPARES)
