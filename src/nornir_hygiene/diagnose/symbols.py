"""Kernel symbols as `ps`, /proc/PID/wchan and /proc/PID/stack print them, brought to one form."""

import re
from functools import lru_cache

_FRAME = re.compile(r"^\s*(?:\[<[^>]*>\]\s*)?(?P<symbol>[^\s+]+)")
_PREFIXES = ("do_", "sys_")


@lru_cache(maxsize=8192)
def canonical(symbol: str) -> str:
    """One spelling for every printed form of a kernel function.

    procps strips a leading `.` and all leading `_`, its EL7 version also one `sys_` or `do_` (ksym.c
    read_wchan_file); compilers add `.constprop.0`, `.isra.0`, `.part.3`, `.cold`. A C name has no dot of its own.

    >>> canonical("__refrigerator"), canonical("_do_fork"), canonical("poll_schedule_timeout.constprop.0")
    ('refrigerator', 'fork', 'poll_schedule_timeout')
    """
    name = symbol.lstrip("._").split(".", 1)[0]
    for prefix in _PREFIXES * 2:
        if name.startswith(prefix) and len(name) > len(prefix):
            name = name[len(prefix) :].lstrip("_")
    return name


def frame_symbol(line: str) -> str:
    """The function of one line of /proc/PID/stack: `[<0>] folio_wait_bit_common+0x136/0x330`."""
    match = _FRAME.match(line)
    return match["symbol"] if match else ""
