"""/proc/PID/stat (and wchan), each row carrying its path, as `grep -H` prints them.

```
4242/stat:4242 (my (odd) name) S 1 4242 4242 0 -1 4194560 … 88123 …
4242/stat:4242 (my (odd) name) S 1 4242 4242 0 4194560 1 88123
4242/wchan:do_epoll_wait
```

The second form is what the probe's awk leaves of the first (state ppid pgrp session tty_nr flags num_threads
starttime); a host without awk sends the first.

The name may hold spaces, parentheses and newlines (then one file is several rows of one path): everything up to the
last parenthesis is name. Field numbers are those of proc(5).
"""

from typing import NamedTuple

from nornir_hygiene.parse.fields import row_path, unsigned, wait_symbol

# PF_KTHREAD, include/linux/sched.h: set for every kernel thread, also for those whose parent is not kthreadd.
_PF_KTHREAD = 0x00200000
# PF_EXITING: set on the way into exit, long before the state becomes Z. The init of a dying container carries it.
_PF_EXITING = 0x00000004
# X, no parent, no group, no session: reaped while the file was read (do_task_stat without a sighand). It is gone.
_RELEASED = ["X", "0", "-1", "-1"]


class StatRow(NamedTuple):
    """What is used of one stat file."""

    pid: int
    comm: str
    state: str
    ppid: int
    pgrp: int
    session: int
    tty_nr: int
    kernel_thread: bool
    threads: int
    start_ticks: int
    exiting: bool


def parse_stat(lines: list[str]) -> tuple[list[StatRow], dict[int, str | None], int]:
    """Stat rows, wait channels by pid (from the fallback's wchan rows), and how many rows were refused."""
    texts: dict[int, str] = {}
    waits: dict[int, str | None] = {}
    refused = 0
    for line in lines:
        parts = row_path(line)
        pid = unsigned(parts[0]) if parts else None
        if parts is None or pid is None or parts[1] not in ("stat", "wchan"):
            refused += 1
        elif parts[1] == "wchan":
            waits[pid] = wait_symbol(parts[2])
        else:
            texts[pid] = texts[pid] + "\n" + parts[2] if pid in texts else parts[2]
    there = {pid: text for pid, text in texts.items() if text.rpartition(")")[2].split()[:4] != _RELEASED}
    rows = [row for row in (_row(pid, text) for pid, text in there.items()) if row is not None]
    return rows, waits, refused + len(there) - len(rows)


def _row(pid: int, text: str) -> StatRow | None:
    head, paren, tail = text.rpartition(")")
    number, opening, comm = head.partition(" (")
    words = _used(tail.split())
    if not paren or not opening or unsigned(number) != pid or words is None or len(words[0]) != 1:
        return None
    ppid, pgrp, session, flags, threads, start = (unsigned(words[index]) for index in (1, 2, 3, 5, 6, 7))
    tty = unsigned(words[4].lstrip("-"))
    if None in (ppid, pgrp, session, flags, threads, start, tty):
        return None
    return StatRow(
        pid=pid,
        comm=comm,
        state=words[0],
        ppid=ppid or 0,
        pgrp=pgrp or 0,
        session=session or 0,
        tty_nr=tty or 0,
        kernel_thread=bool((flags or 0) & _PF_KTHREAD),
        threads=threads or 0,
        start_ticks=start or 0,
        exiting=bool((flags or 0) & _PF_EXITING),
    )


def _used(words: list[str]) -> list[str] | None:
    """The eight fields in use, whether the row is whole or already cut down; None for any other length."""
    if len(words) == 8:
        return words
    # 3 state 4 ppid 5 pgrp 6 session 7 tty_nr 9 flags 20 num_threads 22 starttime
    return [words[number - 3] for number in (3, 4, 5, 6, 7, 9, 20, 22)] if len(words) >= 20 else None
