"""The closer look: status, sched, wchan, stack, cgroup and open files of the chosen processes.

```
4242/task/4243/status:State:	D (disk sleep)
4242/task/4243/sched:se.exec_start                                :        800826.360765
4242/task/4243/stack:[<0>] folio_wait_bit_common+0x137/0x2d0
4242/cgroup:8:pids:/system.slice/ssh.service
/proc/4242/fd:
lrwx------ 1 0 0 64 Nov 21 19:37 3 -> /dev/rbd3
```
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from nornir_hygiene.models.process import CgroupPath, FdLink, SignalMasks
from nornir_hygiene.parse.fields import hexadecimal, row_path, seconds, unsigned, wait_symbol

_TASK = re.compile(r"(\d{1,10})/task/(\d{1,10})")
_CLOCK = re.compile(r"cpu(\d{1,5})/sched:se\.exec_start *:(.*)")
_FRAME = re.compile(r"\[<[0-9a-fx]*>\] ([A-Za-z_.][\w.]*)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[\w+\])?")
_FD = re.compile(r"l[-r]([-w])[-rwxsStT]{7}\S*\s+\d+\s+\d+\s+\d+\s+\d+\s+\S+\s+\S+\s+\S+ (\d{1,10}) -> (.*)")
_CWD = re.compile(r"l[-rwxsStT]{9}\S*\s+\d+\s+\d+\s+\d+\s+\d+\s+\S+\s+\S+\s+\S+ /proc/(\d{1,10})/cwd -> (/.*)")
_FD_FOLDER = re.compile(r"/proc/(\d{1,10})/fd:")
# Enough to see what a task waits for; a deeper stack adds only the system call entry.
MAX_FRAMES = 40
MAX_FDS = 256


@dataclass
class Task:
    """What was gathered of one thread; `fields` are the lines of its status file."""

    fields: dict[str, str] = field(default_factory=dict)
    wchan: str | None = None
    stack: list[str] = field(default_factory=list)
    exec_start_ms: float | None = None


def parse_tasks(lines: list[str]) -> dict[int, dict[int, Task]]:
    """pid -> tid -> Task, from the rows of status, sched, wchan and stack. Rows of another shape are passed over."""
    found: dict[int, dict[int, Task]] = defaultdict(dict)
    for line in lines:
        parts = row_path(line)
        ids = _TASK.fullmatch(parts[0]) if parts else None
        if parts is None or ids is None:
            continue
        task = found[int(ids[1])].setdefault(int(ids[2]), Task())
        _READERS.get(parts[1], _ignore)(task, parts[2])
    return found


def _status(task: Task, value: str) -> None:
    key, _, text = value.partition(":")
    task.fields.setdefault(key, text.strip())


def _sched(task: Task, value: str) -> None:
    key, _, text = value.partition(":")
    if key.strip() == "se.exec_start":
        task.exec_start_ms = seconds(text)


def _wchan(task: Task, value: str) -> None:
    task.wchan = wait_symbol(value)


def _stack(task: Task, value: str) -> None:
    frame = _FRAME.fullmatch(value.strip())
    if frame and len(task.stack) < MAX_FRAMES:
        task.stack.append(frame[1])


def _ignore(task: Task, value: str) -> None:
    del task, value


_READERS = {"status": _status, "sched": _sched, "wchan": _wchan, "stack": _stack}


def parse_exec_start_now(lines: list[str]) -> float | None:
    """`self/sched:se.exec_start : 802415.036411`: the clock of the scheduler at the time of reading, in ms."""
    for line in lines:
        if line.startswith("self/sched:se.exec_start"):
            return seconds(line.rpartition(":")[2])
    return None


def parse_on_cpu(lines: list[str]) -> dict[tuple[int, int], int]:
    """(pid, tid) -> the CPU it last ran on, from rows `4242/task/4243 3`."""
    found = {}
    for line in lines:
        words = line.split()
        ids, cpu = (_TASK.fullmatch(words[0]), unsigned(words[1])) if len(words) == 2 else (None, None)
        if ids and cpu is not None:
            found[int(ids[1]), int(ids[2])] = cpu
    return found


def parse_clocks(lines: list[str]) -> dict[int, float]:
    """CPU -> its scheduler's clock in ms, each read on that CPU: rows `cpu3/sched:se.exec_start : 802415.036411`."""
    found = {}
    for match in filter(None, map(_CLOCK.fullmatch, lines)):
        now_ms = seconds(match[2])
        if now_ms is not None:
            found[int(match[1])] = now_ms
    return found


def parse_cgroup_paths(lines: list[str]) -> dict[int, tuple[CgroupPath, ...]]:
    """pid -> the lines of its cgroup file, in order."""
    found: dict[int, list[CgroupPath]] = defaultdict(list)
    for line in lines:
        parts = row_path(line)
        pid = unsigned(parts[0]) if parts and parts[1] == "cgroup" else None
        if parts is None or pid is None:
            continue
        entry = parse_cgroup_line(parts[2])
        if entry is not None:
            found[pid].append(entry)
    return {pid: tuple(entries) for pid, entries in found.items()}


def parse_cgroup_line(text: str) -> CgroupPath | None:
    """`8:pids:/system.slice` or `0::/init.scope`; the path may itself hold colons."""
    number, _, rest = text.partition(":")
    names, colon, path = rest.partition(":")
    hierarchy = unsigned(number)
    if hierarchy is None or not colon or not path.startswith("/"):
        return None
    return CgroupPath(hierarchy=hierarchy, controllers=tuple(name for name in names.split(",") if name), path=path)


def parse_fds(lines: list[str]) -> dict[int, tuple[FdLink, ...]]:
    """pid -> open files, from `ls -ln` of the fd folders; at most MAX_FDS each."""
    found: dict[int, list[FdLink]] = {}
    current: list[FdLink] = []
    for line in lines:
        folder, link = _FD_FOLDER.fullmatch(line), _FD.fullmatch(line)
        if folder:
            current = found.setdefault(int(folder[1]), [])
        elif link and len(current) < MAX_FDS:
            current.append(FdLink(fd=int(link[2]), target=link[3], writable=link[1] == "w"))
    return {pid: tuple(links) for pid, links in found.items()}


def parse_cwds(lines: list[str]) -> dict[int, str]:
    """pid -> working folder, from the rows of the same `ls`: `lrwxrwxrwx 1 0 0 0 … /proc/4242/cwd -> /srv`."""
    matches = (_CWD.fullmatch(line) for line in lines)
    return {int(match[1]): match[2] for match in matches if match}


def signal_masks(fields: dict[str, str]) -> SignalMasks | None:
    """The five masks of a status file, None if it has none (a thread that is gone)."""
    if "SigCgt" not in fields:
        return None
    names = ("SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt")
    pending, shared, blocked, ignored, caught = (hexadecimal(fields.get(name, "")) for name in names)
    return SignalMasks(pending=pending, shared_pending=shared, blocked=blocked, ignored=ignored, caught=caught)


def switches(fields: dict[str, str]) -> int | None:
    """Voluntary and involuntary context switches together: unchanged between two looks means it never ran."""
    both = [unsigned(fields.get(name, "")) for name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")]
    return None if None in both else sum(number or 0 for number in both)
