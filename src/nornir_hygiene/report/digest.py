"""A hygiene report as a message of a few lines: the fleet at a glance, causes, what changed, what grows. Pure."""

from collections import Counter
from collections.abc import Iterator

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import HygieneReport, ReportedFinding
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.glance import suppressed_prints
from nornir_hygiene.report.notices_text import plain, some
from nornir_hygiene.report.past import trend_line

_SHOWN = 8


def digest_text(report: HygieneReport) -> tuple[str, str]:
    """Subject and body. Suppressed findings are only counted."""
    counted = [one for one in report.findings if one.suppressed is None]
    parts = (
        _coverage(report),
        _open(report, counted),
        _causes(report),
        _changes(counted),
        _trends(report),
        _rest(report),
    )
    body = "\n".join("\n".join(lines) + "\n" for part in parts if (lines := list(part)))
    return _subject(report, counted), f"{body}\nAll of it: nr report\n"


def _subject(report: HygieneReport, counted: list[ReportedFinding]) -> str:
    if report.coverage.last_at is None:
        return plain(f"nr digest: no audit since {report.since:%Y-%m-%d %H:%M}Z ({report.scope})", 150)
    there = [one for one in counted if one.change != "gone"]
    counts = Counter(one.severity for one in there)
    found = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity])
    new = sum(one.change == "new" for one in counted)
    totals = report.coverage.totals
    words = (
        f"{found or 'nothing open'}, {new} new; {totals.selected - totals.not_observed} of {totals.selected} hosts seen"
    )
    return plain(f"nr digest: {words} ({report.scope})", 150)


def _coverage(report: HygieneReport) -> Iterator[str]:
    cover, totals = report.coverage, report.coverage.totals
    yield f"{report.since:%Y-%m-%d %H:%M}Z to {report.made_at:%Y-%m-%d %H:%M}Z, {plain(report.scope)}"
    if cover.last_at is None:
        yield "no audit in this time"
        return
    reasons = ", ".join(f"{count} {plain(reason, 60)}" for reason, count in cover.reasons[:_SHOWN])
    silent = f"{totals.not_observed} not observed" + (f" ({reasons})" if reasons else "")
    parts = [f"{totals.clean} clean", f"{totals.with_findings} with findings"]
    parts += [f"{totals.incomplete} incomplete"] * bool(totals.incomplete) + [silent] * bool(totals.not_observed)
    yield f"{totals.selected} hosts: {', '.join(parts)}"
    yield f"{cover.audits} audits, the last {cover.last_at:%Y-%m-%d %H:%M}Z"
    if cover.never:
        yield f"never audited in this time: {some(cover.never)}"
    for missed in cover.missed[:_SHOWN]:
        span = f"{missed.from_at:%Y-%m-%d %H:%M}Z to {missed.to_at:%Y-%m-%d %H:%M}Z"
        yield f"missed: {missed.runs} runs of {plain(missed.schedule, 60)}, {span}"


def _open(report: HygieneReport, counted: list[ReportedFinding]) -> Iterator[str]:
    there = [one for one in counted if one.change != "gone"]
    if not there:
        if report.coverage.last_at:
            yield "nothing is open"
        return
    kinds = Counter((one.severity, one.kept.kind) for one in there)
    hosts = len({one.kept.host for one in there})
    yield f"{len(there)} open finding{'s' * (len(there) != 1)} on {hosts} host{'s' * (hosts != 1)}"
    ordered = sorted(kinds.items(), key=lambda each: (-each[0][0].rank, -each[1], each[0][1]))
    yield from (f"  {severity}  {plain(kind, 60)}: {count}" for (severity, kind), count in ordered[:_SHOWN])
    yield from _left_out(len(ordered))


def _causes(report: HygieneReport) -> Iterator[str]:
    hidden = suppressed_prints(report)
    causes = [cause for cause in report.causes if not cause.fingerprints or not hidden.issuperset(cause.fingerprints)]
    if causes:
        yield "causes"
        yield from (plain(f"  {headline(cause, hidden)}") for cause in causes[:_SHOWN])
        yield from _left_out(len(causes))


def _changes(counted: list[ReportedFinding]) -> Iterator[str]:
    for change in ("new", "worse", "gone"):
        changed = [one for one in counted if one.change == change]
        if changed:
            yield f"{len(changed)} {change} since {_first(changed)}" if change == "new" else f"{len(changed)} {change}"
            lines = (f"  {one.kept.host}  {one.kept.kind}  {one.kept.subject}" for one in changed[:_SHOWN])
            yield from (plain(line, 160) for line in lines)
            yield from _left_out(len(changed))


def _trends(report: HygieneReport) -> Iterator[str]:
    if report.trends:
        yield "grows"
        yield from (plain(f"  {trend_line(trend)}") for trend in report.trends[:_SHOWN])
        yield from _left_out(len(report.trends))


def _rest(report: HygieneReport) -> Iterator[str]:
    hidden = len(suppressed_prints(report))
    if hidden:
        yield f"{hidden} finding{'s are' if hidden != 1 else ' is'} suppressed"
    for one in report.expired[:_SHOWN]:
        yield plain(f"suppression is over since {one.expires_at:%Y-%m-%d}: {one.what} ({one.owner}) {one.where}")


def _left_out(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN} more"


def _first(changed: list[ReportedFinding]) -> str:
    return f"{min(one.kept.begun_at for one in changed):%Y-%m-%d %H:%M}Z"
