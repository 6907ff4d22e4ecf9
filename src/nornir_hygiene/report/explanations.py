"""Explanations as text for a terminal, and all of them as one Markdown document."""

import textwrap
from collections.abc import Iterable, Iterator

from nornir_hygiene.models.explanation import Explanation
from nornir_hygiene.report.safe import safe

_WIDTH = 100
_HEAD = """\
# Catalogue

Every kind of finding, and every family of waits that is recognised. Made from the data the diagnosis itself uses;
do not edit: `nr explain --all-markdown >docs/catalogue.md` writes it, and a test keeps it true. On a terminal:
`nr explain KIND`, `nr explain WAIT`, and `nr explain FINGERPRINT` for a finding of the last audit.
"""


def text_lines(explanation: Explanation) -> Iterator[str]:
    """Name, sentence, then each passage with its points."""
    yield explanation.name
    yield from _wrapped(explanation.what, "  ", "  ")
    for passage in explanation.passages:
        yield ""
        yield passage.title
        for point in passage.points:
            yield from _wrapped(point, "  - ", "    ")


def markdown(kinds: Iterable[Explanation], waits: Iterable[Explanation]) -> str:
    """The whole catalogue."""
    lines = [_HEAD, "## Kinds of findings", ""]
    for explanation in kinds:
        lines += [f"### {explanation.name}", "", _escaped(explanation.what), ""]
        for passage in explanation.passages:
            lines += [f"**{passage.title}**", "", *(f"- {_escaped(point)}" for point in passage.points), ""]
    lines += ["## Waits", ""]
    for explanation in waits:
        lines += [f"### {explanation.name}", "", _escaped(explanation.what), ""]
        lines += [f"- {passage.title}: {_escaped('; '.join(passage.points))}" for passage in explanation.passages]
        lines += [""]
    return "\n".join(lines)


def _wrapped(text: str, first: str, rest: str) -> Iterator[str]:
    yield from textwrap.wrap(
        safe(text), _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _escaped(text: str) -> str:
    """Kernel names are full of underscores and stars, which Markdown would take for itself."""
    escaped = text
    for mark in "\\*_<>[]`":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped if "://" not in text else text
