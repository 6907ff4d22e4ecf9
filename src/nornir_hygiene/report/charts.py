"""Moments of a hygiene report -> inline SVG, drawn by pygal.

pygal writes SVG itself, so what it draws can be taken apart: its own style sheet, script, comments and dots go, and
what is left carries classes only. The page's style sheet colours it, in light and in dark.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from nornir_hygiene.models.hygiene import Moment

POINTS = 84  # of seven days every two hours; more would be narrower than a line is wide
_WIDTH, _HEIGHT = 380, 200
_DROPPED = ("defs", "title", "desc")
_KEPT = {"class", "d", "x", "y", "width", "height", "transform", "viewBox"}
_LONG_NUMBER = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Chart:
    """One picture over time: what it shows, and which fields of Moment are its lines, in the order of their colours.

    `worst` chooses among the moments that share a point: a peak of one night must not vanish in a week.
    """

    title: str
    lines: tuple[str, ...]
    worst: Callable[[Sequence[int]], int] = max
    note: str = "each point is the highest of its interval"


CHARTS = (
    Chart("Findings by severity", ("critical", "warning", "info")),
    Chart("Zombies, orphans, blocked tasks", ("zombies", "orphans", "blocked")),
    Chart(
        "Hosts observed, of those selected", ("observed", "selected"), min, "each point is the lowest of its interval"
    ),
)


def points(chart: Chart, moments: Sequence[Moment]) -> tuple[tuple[datetime, tuple[int, ...]], ...]:
    """At most POINTS of them: when, and the value of each line."""
    size = max(1, -(-len(moments) // POINTS))
    groups = [moments[start : start + size] for start in range(0, len(moments), size)]
    return tuple(
        (group[-1].at, tuple(chart.worst([getattr(each, line) for each in group]) for line in chart.lines))
        for group in groups
    )


def told(chart: Chart, moments: Sequence[Moment]) -> str:
    """The picture in words, for who cannot see it: from what to what each line goes, and its extremes."""
    drawn = points(chart, moments)
    parts = []
    for number, line in enumerate(chart.lines):
        values = [each[1][number] for each in drawn]
        parts.append(f"{line}: {values[0]} at first, {values[-1]} at last, between {min(values)} and {max(values)}")
    return f"From {_when(drawn[0][0])} to {_when(drawn[-1][0])} UTC. {'; '.join(parts)}."


def svg(chart: Chart, moments: Sequence[Moment], name: str) -> str:
    """An <svg> without style, script, link or reference; `name` makes its ids unique on the page. Needs two moments."""
    root = _drawn(chart, points(chart, moments))
    _strip(root)
    root.attrib = {
        "class": "chart",
        "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
    }
    for place, (tag, text) in enumerate((("title", chart.title), ("desc", told(chart, moments)))):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)
    return ElementTree.tostring(root, encoding="unicode")


def _drawn(chart: Chart, drawn: Sequence[tuple[datetime, tuple[int, ...]]]) -> ElementTree.Element:
    import pygal  # here: it takes a tenth of a second, and only a page needs it

    top = max(max(values) for _, values in drawn)
    graph = pygal.DateTimeLine(
        width=_WIDTH,
        height=_HEIGHT,
        margin=8,
        js=(),
        css=(),
        show_legend=False,
        show_dots=False,
        show_x_guides=False,
        include_x_axis=True,
        range=(0, max(top, 1)),
        y_labels=_marks(max(top, 1)),
        x_labels=_days(drawn[0][0], drawn[-1][0]),
        x_value_formatter=_label(drawn[0][0], drawn[-1][0]),
        value_formatter=lambda value: f"{value:.0f}",
    )
    for number, line in enumerate(chart.lines):
        graph.add(line, [(at, values[number]) for at, values in drawn])
    root: ElementTree.Element = graph.render_tree()
    return root


def _strip(parent: ElementTree.Element) -> None:
    """Elements and attributes that are no geometry: pygal's words for its script, its styles, its overlay of dots."""
    parent.attrib = {key: _LONG_NUMBER.sub(_short, value) for key, value in parent.attrib.items() if key in _KEPT}
    for child in list(parent):
        if not isinstance(child.tag, str) or child.tag in _DROPPED or "overlay" in child.get("class", ""):
            parent.remove(child)
            continue
        _strip(child)


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}"


def _marks(top: int) -> list[int]:
    """Three or four round numbers from 0 to `top`."""
    step = next(size * 10**power for power in range(12) for size in (1, 2, 5) if top <= size * 10**power * 3)
    return list(range(0, top + 1, step))


def _days(first: datetime, last: datetime) -> list[datetime]:
    """Four times from first to last, on whole hours where the span is long enough."""
    span = (last - first) / 4
    times = [first + span * (number + 0.5) for number in range(4)]
    return [at.replace(minute=0, second=0, microsecond=0) for at in times] if span.total_seconds() > 7200 else times


def _label(first: datetime, last: datetime) -> Callable[[Any], str]:
    form = "%-d %b" if (last - first).days >= 4 else "%a %H:%M"
    return lambda at: (at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)).strftime(form)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
