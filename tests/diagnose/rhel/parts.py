"""An answer as its sections: `@NONCE head` and the lines below, each with its leading blank."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

NONCE = "0123456789abcdef"


class Part(NamedTuple):
    """One section; `head` is all of its marker line behind the nonce."""

    head: str
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first word of the head."""
        return self.head.split()[0]


def parts_of(text: str, also: Sequence[str] = ()) -> list[Part]:
    """The sections in order; empty ones of these names are put before the end, if they are not there."""
    parts: list[Part] = []
    for line in text.splitlines():
        if line.startswith("@"):
            parts.append(Part(line.removeprefix(f"@{NONCE} "), ()))
        else:
            parts[-1] = Part(parts[-1].head, (*parts[-1].lines, line))
    missing = [Part(name, ()) for name in also if name not in {part.name for part in parts}]
    return [*parts[:-1], *missing, parts[-1]]


def text_of(parts: Iterable[Part]) -> str:
    """The answer again."""
    lines = (line for part in parts for line in (f"@{NONCE} {part.head}", *part.lines))
    return "\n".join(lines) + "\n"
