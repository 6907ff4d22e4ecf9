"""One task (process or thread) with all that is known about it, table and closer look put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from nornir_hygiene.diagnose.ages import Age, age_of
from nornir_hygiene.diagnose.containers import cgroup_of, container_of
from nornir_hygiene.diagnose.waits import Wait, WaitCatalogue, WaitLook
from nornir_hygiene.models.finding import Fact, TaskEvidence
from nornir_hygiene.models.process import Process, ProcessIdentity, Suspect, ThreadLook

TaskKey = tuple[int, int]
SHOWN = 20


@dataclass(frozen=True, eq=False)
class Task:
    """One task of one process. `suspect` is None where nobody looked closer."""

    process: Process
    suspect: Suspect | None
    identity: ProcessIdentity | None
    look: WaitLook
    tid: int
    age: Age
    catalogue: WaitCatalogue

    @cached_property
    def wait(self) -> Wait:
        """What it waits for; looked up when asked, most tasks of a host never are."""
        return self.catalogue.recognise(self.look)

    @property
    def key(self) -> TaskKey:
        """Unique in one snapshot."""
        return (self.process.pid, self.tid)

    @property
    def blocked(self) -> bool:
        """In uninterruptible sleep."""
        return self.look.state == "D"

    @property
    def is_zombie(self) -> bool:
        """Dead and not reaped."""
        return self.look.state == "Z"

    @property
    def stopped(self) -> bool:
        """By job control (T) or by a tracer (t)."""
        return self.look.state in ("T", "t")

    @property
    def held(self) -> bool:
        """Kept from running by something outside of it: blocked, stopped, frozen, or waiting for a FUSE daemon in S."""
        return self.blocked or self.stopped or self.wait.waits_for in ("fuse", "freezer")

    @property
    def is_leader(self) -> bool:
        """Whether it stands for the process."""
        return self.tid == self.process.pid

    @property
    def rss_kib(self) -> int | None:
        """Resident memory, from the table or from its status."""
        known = self.process.rss_kib
        return known if known is not None or self.suspect is None else self.suspect.vm_rss_kib

    @property
    def where(self) -> str:
        """Its container, empty outside of one."""
        path = cgroup_of(self.suspect)
        return str(container_of(path)) if path else ""

    def evidence(self, role: str = "") -> TaskEvidence:
        """As shown in a finding. STAT of a thread is its letter alone: the flags belong to the process."""
        return TaskEvidence(
            identity=self.identity,
            pid=self.process.pid,
            tid=None if self.is_leader else self.tid,
            ppid=self.process.ppid,
            comm=self.look.comm,
            stat=self.look.state + (self.process.flags if self.is_leader else ""),
            wchan=self.look.wchan,
            # Of a task that merely sleeps the time since it last ran says nothing.
            age_s=self.age.seconds if self.held or self.is_zombie else None,
            stack=self.look.stack,
            role=role,
        )


def tasks_of(process: Process, suspect: Suspect | None, boot_id: str, catalogue: WaitCatalogue) -> tuple[Task, ...]:
    """All tasks of a process that were looked at; without a closer look the row of the table is the only one."""
    threads = suspect.threads if suspect and suspect.threads else (_row_as_thread(process),)
    ticks = process.start_ticks if process.start_ticks is not None or suspect is None else suspect.start_ticks
    identity = None if ticks is None else ProcessIdentity(boot_id=boot_id, pid=process.pid, start_ticks=ticks)
    once = {thread.tid: thread for thread in reversed(threads)}.values()
    return tuple(_task(process, suspect, identity, _with_table(process, thread), catalogue) for thread in once)[::-1]


def _with_table(process: Process, thread: ThreadLook) -> ThreadLook:
    """The wait channel from the table where the closer look did not get one of the same state."""
    if thread.wchan is None and (thread.tid, thread.state) == (process.pid, process.state):
        return thread.model_copy(update={"wchan": process.wchan})
    return thread


def _row_as_thread(process: Process) -> ThreadLook:
    return ThreadLook(tid=process.pid, comm=process.comm, state=process.state, wchan=process.wchan)


def _task(
    process: Process,
    suspect: Suspect | None,
    identity: ProcessIdentity | None,
    thread: ThreadLook,
    catalogue: WaitCatalogue,
) -> Task:
    look = WaitLook(
        state=thread.state,
        wchan=thread.wchan,
        comm=thread.comm,
        kernel_thread=process.kernel_thread,
        stack=thread.stack,
    )
    return Task(process, suspect, identity, look, thread.tid, age_of(thread, suspect), catalogue)


def shown(tasks: Iterable[Task], roles: Mapping[TaskKey, str] | None = None) -> tuple[TaskEvidence, ...]:
    """The evidence rows of a finding: the longest blocked first, those with a role never crowded out."""
    roles = roles or {}
    ordered = sorted(tasks, key=lambda task: (-(task.age.seconds or 0.0), task.key))
    special = [task for task in ordered if task.key in roles][: SHOWN // 2]
    plain = [task for task in ordered if task.key not in roles][: SHOWN - len(special)]
    return tuple(task.evidence(roles.get(task.key, "")) for task in (*plain, *special))


def is_dead(process: Process) -> bool:
    """Zombie, or dead and about to vanish."""
    return process.state in ("Z", "X")


def comms(tasks: Iterable[Task]) -> str:
    """Which programs, the most frequent first.

    `fsck.ext4 x3, mount`
    """
    counts: dict[str, int] = {}
    for task in tasks:
        counts[task.look.comm] = counts.get(task.look.comm, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [comm if count == 1 else f"{comm} x{count}" for comm, count in ordered[:4]]
    return ", ".join(named) + (f" and {len(ordered) - 4} more" if len(ordered) > 4 else "")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 task`, `3 tasks`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def facts(*pairs: tuple[str, object]) -> tuple[Fact, ...]:
    """Named observations; empty and missing ones are left out."""
    return tuple(Fact(name=name, value=str(value)) for name, value in pairs if value not in (None, "", ()))


def one_place(tasks: Iterable[Task]) -> str:
    """The container they share, empty if there is none or more than one."""
    places = {task.where for task in tasks if not task.process.kernel_thread}
    return places.pop() if len(places) == 1 else ""
