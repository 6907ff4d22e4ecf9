"""Numbers and symbols as the kernel prints them; None instead of an exception."""

import re

_UNSIGNED = re.compile(r"[0-9]{1,20}")


def unsigned(text: str) -> int | None:
    """A decimal number without sign, at most 20 digits (64 bits), else None."""
    text = text.strip(" \t")
    return int(text) if _UNSIGNED.fullmatch(text) else None


def hexadecimal(text: str) -> int:
    """A 64-bit mask such as `0000000000010000`; 0 for anything else."""
    return int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{1,16}", text) else 0


def seconds(text: str) -> float | None:
    """A plain decimal such as `12.34`, else None."""
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", text.strip()) else None


def wait_symbol(text: str) -> str | None:
    """The wait channel as procps prints it: leading dots and underscores gone; None for `0`, `-`, `?` and nothing.

    procps strips them in every version (wchan.c), so that /proc/PID/wchan and ps can be compared.
    """
    symbol = text.strip().lstrip("._")
    return None if symbol in ("", "0", "-", "?") else symbol


def row_path(line: str) -> tuple[str, str, str] | None:
    """`4242/task/4243/status:Name:	x` -> ("4242/task/4243", "status", "Name:	x"); None for any other shape."""
    path, colon, value = line.partition(":")
    folder, slash, file = path.rpartition("/")
    return (folder, file, value) if colon and slash else None
