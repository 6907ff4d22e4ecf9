"""The kernel's hung-task reports: whom it found blocked and, since Linux 6.16, who owns the lock that one waits for.

```
[ 1617.9] INFO: task dd:7200 blocked for more than 2 seconds.
[13422.7] INFO: task mkdir:15947 blocked on an rw-semaphore likely owned by task mkdir:15541 <writer>
[13422.7] INFO: task cat:115 is blocked on a mutex likely owned by task cat:114.
```

kernel/hung_task.c, check_hung_task and debug_show_blocker: ten reports at most by default, and only on tasks in D that
are not killable. The pids are those of the first pid namespace.
"""

import re

from nornir_hygiene.models.process import HungReport, LockOwner

# 15 bytes at most is a name, so that none can hold a sentence of its own.
_TASK = r"task (?P<{0}_comm>.{{1,15}}):(?P<{0}>\d{{1,9}})(?:\(T\d+\))?"
_REPORT = re.compile(
    "INFO: "
    + _TASK.format("waiter")
    + r" (?:<\w+> )?(?:is )?blocked on an? (?P<lock>mutex|semaphore|rw-semaphore),? likely (?:last held|owned) by "
    + _TASK.format("owner")
)
_BLOCKED = re.compile("INFO: " + _TASK.format("task") + r" blocked for more than (?P<seconds>\d{1,9}) seconds\.")


def parse_hung_reports(lines: list[str]) -> tuple[HungReport, ...]:
    """The last report on each task, in the order of their ids; every other line is left out."""
    found = {}
    for match in filter(None, map(_BLOCKED.search, lines)):
        told = match.groupdict()
        found[int(told["task"])] = HungReport(
            tid=int(told["task"]),
            comm=told["task_comm"],
            blocked_s=int(told["seconds"]),
            at_s=_seconds(match.string),
        )
    return tuple(found[tid] for tid in sorted(found))


def parse_lock_owners(lines: list[str]) -> tuple[LockOwner, ...]:
    """The last report on each waiter, in the order of their pids; every other line is left out."""
    found = {}
    for match in filter(None, map(_REPORT.search, lines)):
        told = match.groupdict()
        found[int(told["waiter"])] = LockOwner(
            waiter=int(told["waiter"]),
            waiter_comm=told["waiter_comm"],
            owner=int(told["owner"]),
            owner_comm=told["owner_comm"],
            lock=told["lock"],
            at_s=_seconds(match.string),
        )
    return tuple(found[waiter] for waiter in sorted(found))


def _seconds(line: str) -> float | None:
    """`[13422.712345] …`: the time since boot, unless the kernel was told to leave it out."""
    match = re.match(r"\[ *(\d{1,12}\.\d{1,9})\]", line)
    return float(match[1]) if match else None
