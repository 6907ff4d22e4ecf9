"""`ps -eo pid,ppid,stat,lstart,wchan:64` of procps 3.3 to 4.0, in the C locale and UTC.

```
    PID    PPID STAT                  STARTED WCHAN
    452       1 Ds   Sat Nov 21 17:49:25 2026 folio_wait_bit_common
```

lstart is five tokens with a blank-padded day. The name is not asked for: procps 4.0.0 to 4.0.4 read cmdline and
environ for it, which hang on one stuck process (domain facts, 1.1).
"""

from datetime import UTC, datetime
from typing import NamedTuple

from nornir_hygiene.parse.fields import unsigned, wait_symbol

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_DAYS = frozenset(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
_STATES = frozenset("RSDTtZXxKWPI")
_FLAGS = frozenset("<NLsl+")


class PsRow(NamedTuple):
    """One row. `wchan_denied` marks ps' `?`: the file could not be read at all."""

    pid: int
    ppid: int
    state: str
    flags: str
    started_at: datetime
    wchan: str | None
    wchan_denied: bool


def parse_ps(lines: list[str]) -> tuple[list[PsRow], int]:
    """Rows in the order printed, and how many lines were refused. The header is neither."""
    rows: list[PsRow] = []
    refused = 0
    starts: dict[tuple[str, ...], datetime | None] = {}
    for line in lines:
        row = _row(line.split(), starts)
        if row is not None:
            rows.append(row)
        elif line.split()[:2] != ["PID", "PPID"]:
            refused += 1
    return rows, refused


def _row(words: list[str], starts: dict[tuple[str, ...], datetime | None]) -> PsRow | None:
    if len(words) != 9:
        return None
    pid, ppid, stat = unsigned(words[0]), unsigned(words[1]), words[2]
    key = tuple(words[3:8])
    if key not in starts:
        starts[key] = parse_lstart(key)
    started = starts[key]
    if pid is None or ppid is None or started is None or not _is_stat(stat):
        return None
    return PsRow(pid, ppid, stat[0], stat[1:], started, wait_symbol(words[8]), words[8] == "?")


def _is_stat(stat: str) -> bool:
    return stat[:1] in _STATES and _FLAGS.issuperset(stat[1:])


def parse_lstart(words: tuple[str, ...]) -> datetime | None:
    """("Sat", "Nov", "21", "17:49:25", "2026") in UTC, else None."""
    if len(words) != 5 or words[0] not in _DAYS or words[1] not in _MONTHS:
        return None
    clock = words[3].split(":")
    numbers = [unsigned(word) for word in (words[4], words[2], *clock)]
    if len(clock) != 3 or any(number is None for number in numbers):
        return None
    year, day, hour, minute, second = (number or 0 for number in numbers)
    try:
        return datetime(year, _MONTHS[words[1]], day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
