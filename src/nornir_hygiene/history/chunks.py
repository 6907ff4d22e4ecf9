"""Long lists in pieces no database finds too long."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
# SQLite takes 32 766 parameters in one statement, older ones 999.
_AT_ONCE = 500


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """In order, the last one shorter."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
