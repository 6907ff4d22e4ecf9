"""HygieneReport -> one HTML file that needs nothing else: no network, no server, and no JavaScript to be read.

Host text reaches the page through the filter `told` only, as text and never in an attribute. Each part of the page has
its own room in bytes, so that no fleet and no hostile name makes the file larger than 2 MB; what is left out is told.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from nornir_hygiene.models.hygiene import HygieneReport, ReportedFinding
from nornir_hygiene.report import charts, glance
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.evidence import age
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.suppressions import until

_PAGE = Path(__file__).parent / "page"
# In bytes. Together with style, script and charts they stay below 2 MB.
_ROOM = {"lines": 420_000, "evidence": 560_000, "hosts": 380_000, "explanations": 120_000, "causes": 80_000}
_ROOM_FOR_OTHERS = 25_000
_OTHERS = ("owners", "images", "headroom", "trends", "runbooks", "expired")
_LONGEST = 240
TASKS_SHOWN = 10
_FRAMES_SHOWN = 5


class Part(NamedTuple):
    """What of a part fits on the page, as HTML, and how many do not."""

    rows: list[Markup]
    left_out: int


def render(report: HygieneReport) -> str:
    """The whole page."""
    template = _environment().get_template("report.html.j2")
    style, script = _asset("style.css"), _asset("script.js")
    return template.render(
        report=report,
        parts=_parts(report),
        kinds=_kinds(report),
        charts=_charts(report),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def told(value: object, longest: int = _LONGEST) -> Markup:
    """Host text as text: cut, control and bidi characters made visible, what remains kept from turning its neighbours.

    >>> told("a<b")
    Markup('<bdi>a&lt;b</bdi>')
    """
    text = str(value)
    cut = Markup(' <span class="cut">(cut: {:,} characters)</span>').format(len(text)) if len(text) > longest else ""
    return Markup("<bdi>{}</bdi>{}").format(escape(safe(text[:longest])), cut)


def plain(value: object) -> str:
    """As `told`, where no element may stand: in the choices of a filter. Escaped when it is written."""
    return safe(str(value)[:60])


def outcome_number(outcome: str) -> int:
    """From 1, as the filter of the hosts has them; 0 for one nobody knows."""
    return next((number for number, (each, _) in enumerate(glance.OUTCOMES, start=1) if each == outcome), 0)


def _parts(report: HygieneReport) -> dict[str, Part]:
    rows: Any = _environment().get_template("rows.html.j2").module
    kinds = _kinds(report)
    parts = {name: _fitting(getattr(report, name), getattr(rows, name), _ROOM_FOR_OTHERS) for name in _OTHERS}
    coverage = report.coverage
    for name in ("reasons", "never", "missed"):
        parts[name] = _fitting(getattr(coverage, name), getattr(rows, name), _ROOM_FOR_OTHERS)
    hidden = glance.suppressed_prints(report)
    parts["causes"] = _fitting(report.causes, lambda one: rows.causes(one, headline(one, hidden)), _ROOM["causes"])
    running = max(1, sum(one.tasks for one in report.waits))
    parts["waits"] = _fitting(report.waits, lambda one: rows.waits(one, running), _ROOM_FOR_OTHERS)
    parts["hosts"] = _fitting(report.hosts, rows.hosts, _ROOM["hosts"])
    parts["explanations"] = _fitting(
        report.explanations,
        lambda one: rows.explanations(one, kinds.get(one.name)),
        _ROOM["explanations"],
    )
    parts["findings"] = _findings(report, rows, kinds)
    return parts


def _findings(report: HygieneReport, rows: Any, kinds: dict[str, int]) -> Part:
    """Lines until their room is full; with evidence as long as the room for evidence lasts."""
    explained = {one.name for one in report.explanations}
    found = glance.in_order(report.findings)
    lines: list[Markup] = []
    room, room_for_evidence = _ROOM["lines"], _ROOM["evidence"]
    for one in found:
        evidence = rows.evidence(one, stacks(one)) if one.finding and room_for_evidence > 0 else Markup()
        fits = 0 < _size(evidence) <= room_for_evidence
        shown = evidence if fits else rows.elsewhere(one)
        kind = one.kept.kind
        line = rows.findings(one, kinds[kind], kind in explained, shown)
        room_for_evidence -= _size(evidence) if fits else 0
        room -= _size(line) - (_size(evidence) if fits else 0)
        if room < 0:
            break
        lines.append(line)
    return Part(lines, len(found) - len(lines))


def stacks(one: ReportedFinding) -> dict[tuple[str, ...], list[int]]:
    """Innermost frames first, and which of the shown tasks wait there."""
    found: dict[tuple[str, ...], list[int]] = {}
    for task in one.finding.evidence.tasks[:TASKS_SHOWN] if one.finding else ():
        if task.stack:
            found.setdefault(task.stack[:_FRAMES_SHOWN], []).append(task.tid or task.pid)
    return found


def _fitting(items: Iterable[Any], draw: Callable[[Any], Markup], room: int) -> Part:
    found = list(items)
    rows: list[Markup] = []
    for one in found:
        row = draw(one)
        room -= _size(row)
        if room < 0:
            break
        rows.append(row)
    return Part(rows, len(found) - len(rows))


def _size(text: str) -> int:
    return len(text.encode())


def _kinds(report: HygieneReport) -> dict[str, int]:
    """A number for each kind that is told: ids and filters of the page carry it, never the name."""
    names = [one.kept.kind for one in report.findings] + [one.name for one in report.explanations]
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _charts(report: HygieneReport) -> list[dict[str, Any]]:
    """Two moments make a line; one is no chart."""
    if len(report.moments) < 2:
        return []
    return [
        {
            "name": f"chart-{number}",
            "chart": chart,
            "points": charts.points(chart, report.moments),
            # pygal made it and escapes what it is given, which is numbers, dates and our own titles
            "svg": Markup(charts.svg(chart, report.moments, f"chart-{number}")),  # noqa: S704
        }
        for number, chart in enumerate(charts.CHARTS, start=1)
    ]


def _time(when: datetime | None) -> Markup:
    return Markup("<time>{}</time>").format(glance.at(when))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update(told=told, plain=plain, age=age, at=_time, until=until)
    made.globals.update(glance=glance, outcome_number=outcome_number, tasks_shown=TASKS_SHOWN)
    return made


@cache
def _asset(name: str) -> Markup:
    """Ours, as it is: whatever is escaped in it would change its hash."""
    return Markup((_PAGE / name).read_text(encoding="utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
