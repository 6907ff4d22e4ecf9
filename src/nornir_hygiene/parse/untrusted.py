"""JSON of a host, of which nothing is believed: each step down gives an empty value where the shape is another.

>>> text(at(json_of(['{"a": {"b": "c"}}']), "a", "b"))
'c'
"""

import json
import math
from collections.abc import Iterator
from typing import Any

# A name or a message longer than this is cut: nobody reads further, and a report holds many.
MAX_TEXT = 400


def json_of(lines: list[str]) -> Any:
    """The document, None if it is none. RecursionError: a hundred thousand brackets are JSON, too."""
    try:
        return json.loads("\n".join(lines), strict=False)
    except (ValueError, RecursionError):
        return None


def members_of(lines: list[str], key: str) -> tuple[list[Any], bool]:
    """The members of the list under `"key":`, as far as they are whole, and whether the list itself was.

    For a document that was cut short: `json.loads` would give nothing of it.
    """
    document = "\n".join(lines)
    start = document.find(f'"{key}":')
    position = document.find("[", start) + 1 if start >= 0 else 0
    found: list[Any] = []
    decoder = json.JSONDecoder(strict=False)
    while position > 0:
        while document[position : position + 1] in (" ", "\n", "\t", ","):
            position += 1
        if document[position : position + 1] == "]":
            return found, True
        try:
            member, position = decoder.raw_decode(document, position)
        except (ValueError, RecursionError):
            break
        found.append(member)
    return found, False


def at(value: Any, *keys: str) -> Any:
    """The value below these keys, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def members(value: Any, *keys: str) -> Iterator[Any]:
    """The members of the list below these keys; none if there is no list."""
    found = at(value, *keys)
    yield from found if isinstance(found, list) else ()


def text(value: Any) -> str:
    """A string, cut; empty for anything else."""
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A finite number, None for anything else (JSON's true is none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def whole(value: Any) -> int | None:
    """A whole number from 0 up to 32 bits (identifiers of OSDs and pools), None for anything else."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() and 0 <= found < 2**31 - 1 else None
