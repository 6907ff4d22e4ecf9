"""HygieneReport -> what a person at a terminal wants on one screen first, then every finding in a line.

Everything that came from a host or from people goes through `safe` and into rich as Text, never as markup.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from rich.console import Console
from rich.text import Text

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Coverage, HygieneReport, ReportedFinding, RunbookUse
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.glance import (
    at,
    by_change,
    hosts_words,
    in_order,
    left,
    suppressed_prints,
    used_pct,
    verdict,
)
from nornir_hygiene.report.past import trend_line
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.suppressions import counted, expired_lines, suppressed_words
from nornir_hygiene.report.text import console_for

# Of each part of the first screen; the rest is counted, and all of it is in every other format.
_SHOWN = 5
# Of one line: a name may have 100 kB.
_LONGEST = 500
# A limit that is less used is none of the first screen's, unless it fills up.
_FULL_FROM_PCT = 50
_STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


class _Line(NamedTuple):
    text: str
    style: str = ""


def rendered(report: HygieneReport, stream: IO[str]) -> str:
    """The whole report as it fits `stream`."""
    console = console_for(stream)
    with console.capture() as captured:
        for line in _lines(report):
            _print(line, console)
    return captured.get()


def _print(line: _Line, console: Console) -> None:
    told = safe(line.text[: _LONGEST + 1])
    # soft_wrap: the terminal breaks long lines itself, a pipe gets them whole.
    console.print(Text(told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…", line.style), soft_wrap=True)


def _lines(report: HygieneReport) -> Iterator[_Line]:
    yield _Line(f"{report.scope}, {at(report.since)} to {at(report.made_at)}", "bold")
    if not report.coverage.audits:
        yield _Line("No audit of these hosts is in the history of that time: nr run audit makes one.")
    else:
        yield _Line(verdict(report))
        yield _Line(hosts_words(report.coverage))
    yield from map(_Line, _coverage_lines(report.coverage))
    for title, lines in _first_screen(report):
        yield from _part(title, list(lines))
    yield from _findings(report)


def _first_screen(report: HygieneReport) -> Iterator[tuple[str, Iterable[str]]]:
    """Titles and their lines, what a person can act on first."""
    hidden = suppressed_prints(report)
    yield "causes", (_cause_words(cause, hidden) for cause in report.causes)
    yield _news_title(report), map(_finding_words, _news(report.findings))
    yield "most zombies, orphans and blocked tasks", _owner_lines(report)
    yield "what grows", map(trend_line, report.trends)
    yield "fullest limits", _limit_lines(report)
    yield "images behind findings", _image_lines(report)
    yield "what the load waits for", _wait_lines(report)
    yield "runbooks", map(_runbook_words, report.runbooks)
    yield "suppressions that are over", expired_lines(report.expired)


def _part(title: str, lines: Sequence[str]) -> Iterator[_Line]:
    if not lines:
        return
    yield _Line("")
    yield _Line(title, "bold")
    yield from (_Line(f"  {line}") for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield _Line(f"  and {len(lines) - _SHOWN} more", "dim")


def _coverage_lines(coverage: Coverage) -> Iterator[str]:
    """Nothing that was not looked at is passed over."""
    if coverage.audits:
        yield f"{_many(coverage.audits, 'audit')}, {at(coverage.first_at)} to {at(coverage.last_at)}."
    if coverage.reasons:
        yield f"not observed: {', '.join(f'{count} {reason}' for reason, count in coverage.reasons)}"
    if coverage.never:
        more = f" and {len(coverage.never) - _SHOWN} more" if len(coverage.never) > _SHOWN else ""
        yield f"never audited in this time: {', '.join(coverage.never[:_SHOWN])}{more}"
    for one in coverage.missed[:_SHOWN]:
        yield f"schedule {one.schedule} missed {_many(one.runs, 'run')} from {at(one.from_at)} to {at(one.to_at)}"
    if len(coverage.missed) > _SHOWN:
        yield f"and {len(coverage.missed) - _SHOWN} more times in which a schedule missed runs"


def _cause_words(cause: FleetCause, suppressed: Collection[str]) -> str:
    """What to do only where the cause is established."""
    restores, _, _ = cause.restores.partition(". ")
    return headline(cause, suppressed) + (f"; restores: {restores}" if cause.established and restores else "")


def _news_title(report: HygieneReport) -> str:
    told = ", ".join(f"{count} {change}" for change, count in by_change(report).items())
    return f"since {at(report.since)}: {told}"


def _news(findings: Iterable[ReportedFinding]) -> list[ReportedFinding]:
    return [one for one in findings if one.change in ("new", "worse") and one.suppressed is None]


def _owner_lines(report: HygieneReport) -> Iterator[str]:
    for one in report.owners:
        counts = ((one.zombies, "zombies"), (one.orphans, "orphans"), (one.blocked, "blocked"))
        told = ", ".join(f"{count} {words}" for count, words in counts if count)
        yield f"{one.owner}: {told} on {_many(one.hosts, 'host')}"


def _limit_lines(report: HygieneReport) -> Iterator[str]:
    for one in report.headroom:
        if one.trend is None and used_pct(one) < _FULL_FROM_PCT:
            continue
        when = f", used up {left(one.trend)}" if left(one.trend) else ""
        yield f"{one.host}  {one.name}: {one.used} of {one.limit} ({used_pct(one)} %){when}"


def _image_lines(report: HygieneReport) -> Iterator[str]:
    for one in report.images:
        yield f"{one.image}: {_many(one.findings, 'finding')} on {_many(one.hosts, 'host')}"


def _wait_lines(report: HygieneReport) -> Iterator[str]:
    for one in report.waits:
        yield f"{one.wait}: {_many(one.tasks, 'task')} on {_many(one.hosts, 'host')}"


def _runbook_words(one: RunbookUse) -> str:
    counts = ("repaired", "failed", "refused", "other")
    told = ", ".join(f"{getattr(one, name)} {name}" for name in counts if getattr(one, name))
    back = f"; {_many(one.came_back, 'finding')} came back" if one.came_back else ""
    return f"{one.runbook}: {_many(one.runs, 'run')}, {told or 'no target'}{back}"


def _findings(report: HygieneReport) -> Iterator[_Line]:
    findings, hidden = report.findings, len(suppressed_prints(report))
    if not findings:
        return
    yield _Line("")
    yield _Line("; ".join(filter(None, (_many(len(findings), "finding"), counted(hidden)))), "bold")
    for one in in_order(findings):
        quiet = one.change == "gone" or one.suppressed is not None
        yield _Line(f"  {_finding_words(one)}", "dim" if quiet else _STYLES[one.severity])


def _finding_words(one: ReportedFinding) -> str:
    """`new    critical  w1  rbd-io-hang  device rbd3  since 2026-11-22 07:00Z; suppressed until …`."""
    kept = one.kept
    parts = [f"since {at(kept.begun_at)}" + (f" until {at(kept.ended_at)}" if one.change == "gone" else "")]
    if one.times_back:
        times = "once" if one.times_back == 1 else f"{one.times_back} times"
        parts.append(f"came back {times}" + (", comes and goes" if one.flapping else ""))
    if one.back_after:
        parts.append(f"back after {one.back_after}")
    if one.suppressed:
        parts.append(f"suppressed {suppressed_words(one.suppressed)}")
    what = f"{one.change:<5}  {one.severity:<8}  {kept.host}  {kept.kind}  {kept.subject}"
    return f"{what}  {'; '.join(parts)}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
