"""A length of time as people write it: `15m`, `24h`, `7d`."""

import re
from datetime import timedelta

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
# Longer ones are slips of the finger, and dates before the year 1.
_LONGEST = timedelta(days=36_500)
_SPAN = re.compile(r"([0-9]{1,8})([smhdw])")


def parse_span(text: str) -> timedelta:
    """A whole number and its unit: s, m, h, d or w. Raises ValueError for anything else, nothing at all included.

    >>> parse_span("24h")
    datetime.timedelta(days=1)
    """
    found = _SPAN.fullmatch(text.strip())
    span = int(found[1]) * _UNITS[found[2]] if found else timedelta()
    if not timedelta() < span <= _LONGEST:
        raise ValueError(f"{text[:40]!r} is no span of time: a number and s, m, h, d or w, as in 15m, 24h, 7d")
    return span
