"""`web[01:20].example.com:2222` -> twenty host names and a port."""

import ipaddress
import re
import string
from itertools import product

_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])+):(\d+)")
_RANGE = re.compile(r"\[([^\[\]]*:[^\[\]]*)\]")
# Whoever mistypes a range must not fill the memory.
_MOST = 1_000_000


def expanded(pattern: str) -> tuple[list[str], int | None]:
    """The names a pattern stands for, and the port if one is given. Raises ValueError."""
    if pattern.endswith(":") and not _is_address(pattern):
        raise ValueError(f"{pattern} ends in a colon without a port")
    found = None if _is_address(pattern) else _WITH_PORT.fullmatch(pattern)
    name, port = (found[1], int(found[2])) if found else (pattern, None)
    if name.startswith("[") and name.endswith("]") and _is_address(name[1:-1]):
        return [name[1:-1]], port
    return (_ranged(name) if not _is_address(name) else [name]), port


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _ranged(name: str) -> list[str]:
    parts = _RANGE.split(name)  # text, range, text, range, …, text
    choices = [_steps(part) if number % 2 else [part] for number, part in enumerate(parts)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST:
        raise ValueError(f"{name} stands for {count} hosts")
    return ["".join(words) for words in product(*choices)]


def _steps(text: str) -> list[str]:
    """`1:3`, `01:10:3` (padded), `a:f`; the end is included."""
    first, _, rest = text.partition(":")
    last, _, step = rest.partition(":")
    first = first or "0"
    if not last:
        raise ValueError(f"the range [{text}] has no end")
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    if width and width != len(last):
        raise ValueError(f"begin and end of [{text}] have different lengths")
    by = int(step or 1)
    if first in string.ascii_letters and last in string.ascii_letters:
        begin, end = string.ascii_letters.index(first), string.ascii_letters.index(last)
        steps = list(string.ascii_letters[begin : end + 1 : by])
    else:
        numbers = range(int(first), int(last) + 1, by)
        if len(numbers) > _MOST:
            raise ValueError(f"the range [{text}] is too long")
        steps = [str(number).zfill(width) for number in numbers]
    if not steps:
        raise ValueError(f"the range [{text}] is empty: begin is after end")
    return steps
