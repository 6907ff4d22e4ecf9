"""Host patterns of OpenSSH: `*`, `?` and a leading `!`; fnmatch would also give a meaning to brackets."""

import functools
import re
from collections.abc import Iterable


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches and none of the negated ones does (ssh_config(5), PATTERNS)."""
    matched = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _compiled(pattern[1:]).fullmatch(name):
                return False
        elif _compiled(pattern).fullmatch(name):
            matched = True
    return matched


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.IGNORECASE)
