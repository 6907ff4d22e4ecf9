"""The probe's framing: `@NONCE name key=value …` at column 0, body lines with one leading space.

Text of the host always stands behind that space, so it cannot forge a marker even if it knows the nonce.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

# A body line longer than this is cut: the longest honest one (a /proc/PID/stat row) is below 1 kB.
MAX_LINE = 8192
# A host with 60 000 processes sends fewer; more is not a process table, and each line costs memory.
MAX_LINES = 400_000


@dataclass(frozen=True)
class Section:
    """One marked part. `whole` is False for the last one of an answer that broke off."""

    name: str
    args: dict[str, str]
    lines: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True)
class Frames:
    """All sections in order; `stray` counts lines that were neither marker nor body (banners, noise)."""

    sections: tuple[Section, ...]
    stray: int = 0
    ended: bool = False

    def named(self, name: str) -> tuple[Section, ...]:
        """Every section of that name, in order."""
        return tuple(section for section in self.sections if section.name == name)

    def lines(self, *names: str) -> list[str]:
        """The body lines of all sections of those names."""
        return [line for section in self.sections if section.name in names for line in section.lines]


@dataclass
class _Open:
    name: str
    args: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def close(self, whole: bool = True) -> Section:
        return Section(self.name, self.args, tuple(self.lines), whole)


def text_of(raw: bytes) -> str:
    """UTF-8 where it is UTF-8; any other byte becomes a visible `\\xNN`, so that nothing is lost or guessed."""
    return raw.decode("utf-8", "backslashreplace")


def parse_frames(raw: bytes, nonce: str) -> Frames:
    """Split an answer into sections. A last line without a newline is not trusted and dropped."""
    mark = b"@" + nonce.encode() + b" "
    sections: list[Section] = []
    current: _Open | None = None
    stray = 0
    for line in islice(_whole_lines(raw), MAX_LINES):
        if line.startswith(mark):
            if current is not None:
                sections.append(current.close())
            current = _opened(text_of(line[len(mark) : MAX_LINE]))
        elif line[:1] == b" " and current is not None:
            current.lines.append(text_of(line[1:MAX_LINE]))
        else:
            stray += 1
    ended = current is not None and current.name == "end"
    if current is not None:
        sections.append(current.close(whole=ended))
    return Frames(tuple(sections), stray, ended)


def _whole_lines(raw: bytes) -> Iterator[bytes]:
    """One at a time: a list of all lines of a hostile answer would cost thirty times its bytes."""
    start = 0
    while (end := raw.find(b"\n", start)) >= 0:
        yield raw[start:end]
        start = end + 1


def _opened(marker: str) -> _Open:
    name, *words = marker.split() or ["?"]
    pairs = (word.partition("=") for word in words)
    return _Open(name, {key: value for key, _, value in pairs})
