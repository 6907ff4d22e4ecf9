"""The closer look at suspects, from several sections, each of which may be missing."""

from collections.abc import Callable

from nornir_hygiene.models.process import Suspect, ThreadLook
from nornir_hygiene.parse.fields import unsigned
from nornir_hygiene.parse.frames import Frames
from nornir_hygiene.parse.suspects import (
    Task,
    parse_cgroup_paths,
    parse_clocks,
    parse_cwds,
    parse_exec_start_now,
    parse_fds,
    parse_on_cpu,
    parse_tasks,
    signal_masks,
    switches,
)

# What the probe waits between its two looks where the kernel has no sched files.
_SECOND_LOOK_S = 3.0
_ANY_CPU = -1
# The letters of the probe's choice whose status is read.
_LOOKED_AT = "dzpowxtvkceh"


def suspects_of(frames: Frames, start_ticks: dict[int, int | None]) -> tuple[Suspect, ...]:
    """One Suspect per pid that any of the sections speaks of, in the order of the pids."""
    tasks = _all_tasks(frames)
    cgroups = parse_cgroup_paths(frames.lines("cgroup", "target-cgroup", "init-cgroup"))
    fds = parse_fds(frames.lines("fd"))
    cwds = parse_cwds(frames.lines("fd"))
    again = parse_tasks(frames.lines("status-again"))
    return tuple(
        _suspect(pid, tasks.get(pid, {}), again.get(pid)).model_copy(
            update={
                "start_ticks": start_ticks.get(pid),
                "cgroups": cgroups.get(pid, ()),
                "fds": fds.get(pid, ()),
                "cwd": cwds.get(pid),
            }
        )
        for pid in sorted(tasks.keys() | cgroups.keys())
    )


def gone_meanwhile(frames: Frames) -> set[int]:
    """Chosen for a closer look and not there any more: short I/O, a zombie that was reaped. Not part of what is.

    Whose files block (`x`) is never among them: nothing is concluded from what could not be read.
    """
    chosen = (line.split() for line in frames.lines("choice"))
    letters = {unsigned(words[0]): set(words[1]) for words in chosen if len(words) == 2}
    looked_at = {pid for pid, why in letters.items() if pid is not None and why & set(_LOOKED_AT) and "x" not in why}
    there = looked_at
    for name in ("status", "sched", "status-again"):
        there = _seen_in(frames, name, there)
    return looked_at - _on_a_cpu(frames, there)


def _seen_in(frames: Frames, name: str, wanted: set[int]) -> set[int]:
    """The pids a section speaks of; all of them where it is missing, broke off, or there are no sched files."""
    sections, lines = frames.named(name), frames.lines(name)
    if not sections or not all(section.whole for section in sections):
        return wanted
    if name == "sched" and parse_exec_start_now(lines) is None:
        return wanted
    return wanted & parse_tasks(lines).keys()


def _on_a_cpu(frames: Frames, wanted: set[int]) -> set[int]:
    """The same for the section after these two; whoever held up a reader before is left out there, and lives."""
    sections = frames.named("on-cpu")
    if frames.named("stall") or not sections or not all(section.whole for section in sections):
        return wanted
    return wanted & {pid for pid, _ in parse_on_cpu(frames.lines("on-cpu"))}


def left_out(frames: Frames) -> int:
    """How many the probe's bounds left without a closer look."""
    counts = (unsigned(line.removeprefix("left ")) for line in frames.lines("choice") if line.startswith("left "))
    return sum(count or 0 for count in counts)


def _all_tasks(frames: Frames) -> dict[int, dict[int, Task]]:
    """The targets' round has its own clocks, so ages are taken per round."""
    found: dict[int, dict[int, Task]] = {}
    for prefix in ("", "target-"):
        names = tuple(prefix + name for name in ("status", "sched", "kernel-side", "inits"))
        tasks = parse_tasks(frames.lines(*names))
        now = _clock_of(frames, prefix)
        for pid, threads in tasks.items():
            for tid, task in threads.items():
                task.exec_start_ms = _age_ms(task.exec_start_ms, now((pid, tid)))
            found.setdefault(pid, threads)
    return found


def _clock_of(frames: Frames, prefix: str) -> Callable[[tuple[int, int]], float | None]:
    """(pid, tid) -> now, in the clock its exec_start was taken with: that of the CPU it last ran on.

    Probes before version 2 told one clock only, of whichever CPU they ran on: right where the clocks are close.
    """
    cpus: dict[tuple[int, int], int] = {}
    clocks: dict[int, float | None] = {}
    if any(begin.args.get("version") == "1" for begin in frames.named("begin")):
        clocks[_ANY_CPU] = parse_exec_start_now(frames.lines(prefix + "sched"))
    else:
        cpus |= parse_on_cpu(frames.lines(prefix + "on-cpu"))
        clocks |= parse_clocks(frames.lines(prefix + "clocks"))
    return lambda task: clocks.get(cpus.get(task, _ANY_CPU))


def _age_ms(then_ms: float | None, now_ms: float | None) -> float | None:
    # exec_start 0: the task never ran under this scheduling class, so it says nothing about time.
    if not then_ms or now_ms is None:
        return None
    return max(0.0, now_ms - then_ms)


def _suspect(pid: int, tasks: dict[int, Task], again: dict[int, Task] | None) -> Suspect:
    leader = tasks.get(pid)
    fields = leader.fields if leader else {}
    return Suspect(
        pid=pid,
        start_ticks=None,
        uid=unsigned((fields.get("Uid", "").split() or [""])[0]),
        nspid=tuple(number for number in map(unsigned, fields.get("NSpid", "").split()) if number is not None),
        tracer_pid=unsigned(fields.get("TracerPid", "")),
        vm_rss_kib=unsigned(fields.get("VmRSS", "").removesuffix("kB").strip()),
        signals=signal_masks(fields),
        threads=tuple(_thread(tid, task) for tid, task in sorted(tasks.items()) if task.fields),
        unchanged_for_s=_unchanged(leader, (again or {}).get(pid)),
    )


def _thread(tid: int, task: Task) -> ThreadLook:
    age_ms = task.exec_start_ms
    return ThreadLook(
        tid=tid,
        comm=task.fields.get("Name", "?"),
        state=task.fields.get("State", "?")[:1] or "?",
        wchan=task.wchan,
        switches=switches(task.fields),
        last_ran_age_s=None if age_ms is None else round(age_ms / 1000, 2),
        stack=tuple(task.stack),
    )


def _unchanged(first: Task | None, second: Task | None) -> float | None:
    """Three seconds, if the state and the switch counters stayed the same between the probe's two looks; 0 if not."""
    if first is None or second is None or switches(first.fields) is None:
        return None
    same = switches(first.fields) == switches(second.fields)
    return _SECOND_LOOK_S if same and first.fields.get("State") == second.fields.get("State") else 0.0
