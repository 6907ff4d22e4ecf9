"""One process as the probe saw it, and the closer look at a suspect."""

from datetime import datetime

from nornir_hygiene.models.frozen import Frozen


class ProcessIdentity(Frozen):
    """A pid alone is not an identity: it is used again. Start time is in clock ticks since boot (stat field 22)."""

    boot_id: str
    pid: int
    start_ticks: int

    def __str__(self) -> str:
        return f"{self.pid}@{self.start_ticks}"


class Process(Frozen):
    """One row of the process table.

    `state` is the one letter of STAT, `flags` the rest of it (`sl+`). `wchan` is the symbol as printed, None where the
    kernel said "0" (ps `-`) or nothing could be read (ps `?`). `start_ticks` is None when /proc/PID/stat could not be
    read: such a process is reported and never acted on. `exiting` is PF_EXITING: it dies and has not got there yet.
    """

    pid: int
    ppid: int
    comm: str
    state: str
    flags: str = ""
    start_ticks: int | None = None
    started_at: datetime | None = None
    wchan: str | None = None
    wchan_denied: bool = False
    threads: int | None = None
    pgrp: int | None = None
    session: int | None = None
    tty_nr: int | None = None
    rss_kib: int | None = None
    kernel_thread: bool = False
    exiting: bool = False


class SignalMasks(Frozen):
    """64-bit masks of /proc/PID/status; bit n-1 stands for signal n."""

    pending: int
    shared_pending: int
    blocked: int
    ignored: int
    caught: int


class ThreadLook(Frozen):
    """One task of a suspect, the leader included (tid == pid).

    `last_ran_age_s` is how long ago the task last ran on a CPU: for a task in D how long it is blocked, for a zombie
    how long it is dead. From `se.exec_start` of its sched file, in the clock of the CPU it last ran on.
    """

    tid: int
    comm: str
    state: str
    wchan: str | None = None
    switches: int | None = None
    last_ran_age_s: float | None = None
    stack: tuple[str, ...] = ()


class LockOwner(Frozen):
    """The kernel's own word on who holds the lock a task waits for; likely, as it says itself. Both are thread ids.

    `at_s` is when it said so, in seconds since boot; None where the log carries no times.
    """

    waiter: int
    waiter_comm: str
    owner: int
    owner_comm: str
    lock: str
    at_s: float | None = None


class HungReport(Frozen):
    """The kernel found a task in D that had not run for so long. `at_s` as in LockOwner."""

    tid: int
    comm: str
    blocked_s: int
    at_s: float | None = None


class CgroupPath(Frozen):
    """One line of /proc/PID/cgroup: `4:pids:/kubepods.slice/…`; controllers empty means the unified hierarchy."""

    hierarchy: int
    controllers: tuple[str, ...]
    path: str


class FdLink(Frozen):
    """What one open file descriptor points at, as readlink prints it; the target itself was never touched.

    `writable` is the `w` of the link's own mode: how the file was opened.
    """

    fd: int
    target: str
    writable: bool = False


class Suspect(Frozen):
    """The closer look at one process: only for those the table made interesting.

    `unchanged_for_s`: where no clock tells ages, how far apart two looks were that found the leader unmoved; 0.0 if it
    had moved.
    """

    pid: int
    start_ticks: int | None
    uid: int | None = None
    nspid: tuple[int, ...] = ()
    tracer_pid: int | None = None
    vm_rss_kib: int | None = None
    signals: SignalMasks | None = None
    threads: tuple[ThreadLook, ...] = ()
    cgroups: tuple[CgroupPath, ...] = ()
    fds: tuple[FdLink, ...] = ()
    cwd: str | None = None
    unchanged_for_s: float | None = None
    gaps: tuple[str, ...] = ()

    @property
    def leader(self) -> ThreadLook | None:
        """The task whose tid is the pid."""
        return next((thread for thread in self.threads if thread.tid == self.pid), None)
