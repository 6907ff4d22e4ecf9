"""HygieneReport -> Markdown, short enough for a pull request or a wiki page.

What comes from a host or a person stands in a code span, where no dialect of Markdown makes links, images, HTML,
mentions or emoji of it; a vertical bar, which would end a table's cell even there, shows as \\x7c. A sentence without
any character that means something to somebody stays a sentence.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.hygiene import Coverage, Headroom, HygieneReport, ReportedFinding
from nornir_hygiene.report import glance
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.evidence import age
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.suppressions import until

_FINDINGS_SHOWN = 30
_ROWS_SHOWN = 10
_NAMES_SHOWN = 12
_LONGEST = 160
_PLAIN = re.compile(r"(?!.*\.[A-Za-z])[A-Za-z0-9(][A-Za-z0-9 ,;.()/%'-]*", re.ASCII)
_TICKS = re.compile(r"`+")
_BEGIN = """\
Nothing was audited in this span yet. Begin with `nr run audit`, which changes nothing on any host, and let a timer
repeat it: `nr schedule install --every 15m`.
"""


def render(report: HygieneReport) -> str:
    """The whole report."""
    head = [f"# Hygiene report: {code(report.scope)}", f"{glance.at(report.made_at)}, since {glance.at(report.since)}"]
    if not (report.coverage.audits or report.hosts or report.findings):
        return "\n\n".join((*head, _BEGIN))
    parts = (*head, *_first(report), *_causes(report), *_findings(report), *_growth(report), *_rest(report))
    return "\n\n".join(parts) + "\n"


def code(value: object, longest: int = _LONGEST) -> str:
    """Foreign text as a code span, cut with a note.

    >>> code("a|`b`")
    '`` a\\\\x7c`b` ``'
    """
    whole = str(value)
    text = safe(whole[:longest]).replace("|", "\\x7c").strip(" ") or "-"
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    gap = " " if "`" in text else ""
    note = f" (cut: {len(whole)} characters)" if len(whole) > longest else ""
    return f"{fence}{gap}{text}{gap}{fence}{note}"


def prose(text: str) -> str:
    """A sentence as it is where it is harmless: no dot before a letter (a domain), no colon, no mark. Else `code`."""
    return text if len(text) <= _LONGEST and _PLAIN.fullmatch(text) else code(text)


def _first(report: HygieneReport) -> Iterator[str]:
    changes = glance.by_change(report)
    told = ", ".join(f"{changes[change]} {change}" for change in ("new", "worse", "gone"))
    yield f"**{glance.verdict(report)}** {glance.hosts_words(report.coverage)}"
    hidden = len(glance.suppressed_prints(report))
    yield f"{told}, {changes['still']} as before" + (f"; {hidden} suppressed, not counted." if hidden else ".")
    if gaps := list(_gaps(report.coverage)):
        yield "\n".join(f"- {gap}" for gap in gaps)


def _gaps(coverage: Coverage) -> Iterator[str]:
    if coverage.reasons:
        yield "not observed: " + _names(f"{count} {code(reason)}" for reason, count in coverage.reasons)
    if coverage.never:
        yield f"{len(coverage.never)} never audited: " + _names(map(code, coverage.never))
    for one in coverage.missed[:_ROWS_SHOWN]:
        span = f"from {glance.at(one.from_at)} to {glance.at(one.to_at)}"
        yield f"{one.runs} missed of schedule {code(one.schedule)}, {span}"
    if len(coverage.missed) > _ROWS_SHOWN:
        yield f"and {len(coverage.missed) - _ROWS_SHOWN} more gaps"


def _causes(report: HygieneReport) -> Iterator[str]:
    causes, hidden = report.causes, glance.suppressed_prints(report)
    if causes:
        yield "## Causes"
        yield "\n".join(line for cause in causes[:_ROWS_SHOWN] for line in _cause_lines(cause, hidden))
    if len(causes) > _ROWS_SHOWN:
        yield f"and {len(causes) - _ROWS_SHOWN} more"


def _cause_lines(cause: FleetCause, suppressed: Collection[str]) -> Iterator[str]:
    name, _, count = headline(cause, suppressed).rpartition(": ")
    yield f"- {code(name)}: {count}: {_names(map(code, cause.hosts))}"
    yield f"  - because: {prose(cause.because)}"
    if cause.why_not:
        yield f"  - not clear: {prose(cause.why_not)}"
    if cause.restores and cause.established:
        yield f"  - restores: {prose(cause.restores)}"


def _findings(report: HygieneReport) -> Iterator[str]:
    found = glance.in_order(report.findings)
    if not found:
        return
    yield "## Findings"
    yield _table(("severity", "change", "host", "finding", "for"), map(_finding_cells, found[:_FINDINGS_SHOWN]))
    if len(found) > _FINDINGS_SHOWN:
        yield f"and {len(found) - _FINDINGS_SHOWN} more: `nr report -o html` has them all."
    yield "`nr explain KIND` tells what a kind means, `nr explain FINGERPRINT` shows the evidence of one finding."


def _finding_cells(one: ReportedFinding) -> tuple[str, ...]:
    kept = one.kept
    notes = [f"suppressed by {code(one.suppressed.owner)}"] if one.suppressed else []
    notes += ["comes and goes"] if one.flapping else []
    notes += [f"again after {code(one.back_after)}"] if one.back_after else []
    what = f"{code(kept.kind)} {code(kept.subject)}: {prose(kept.summary)} {kept.fingerprint}"
    return (one.severity, one.change, code(kept.host), "; ".join((what, *notes)), age(glance.lasted_s(kept)))


def _growth(report: HygieneReport) -> Iterator[str]:
    if report.headroom or report.trends:
        yield "## Room and growth"
    if report.headroom:
        yield _table(("host", "limit", "in use", "used up"), map(_headroom_cells, report.headroom[:_ROWS_SHOWN]))
    if report.trends:
        yield _table(
            ("whose", "host", "what", "now", "speed"),
            (
                (code(one.name), code(one.host), code(one.what), str(one.value), glance.speed(one))
                for one in report.trends[:_ROWS_SHOWN]
            ),
        )


def _headroom_cells(one: Headroom) -> tuple[str, ...]:
    used = f"{glance.used_pct(one)} % ({one.used} of {one.limit})"
    return (code(one.host), code(one.name), used, glance.left(one.trend) or "not growing")


def _rest(report: HygieneReport) -> Iterator[str]:
    """The other tables, each where there is something to tell, its ten largest rows."""
    owners = [(code(one.owner), one.hosts, one.zombies, one.orphans, one.blocked) for one in report.owners]
    images = [(code(one.image), one.hosts, one.findings) for one in report.images]
    waits = [(code(one.wait), one.tasks, one.hosts) for one in report.waits]
    runbooks = [
        (code(one.runbook), one.runs, one.repaired, one.failed, one.refused, one.other, one.came_back)
        for one in report.runbooks
    ]
    expired = [(code(one.what), prose(one.reason), code(one.owner), until(one.expires_at)) for one in report.expired]
    for title, heads, rows in (
        ("Owners", ("owner", "hosts", "zombies", "orphans", "blocked"), owners),
        ("Images", ("image", "hosts", "findings"), images),
        ("Load by wait", ("wait", "tasks", "hosts"), waits),
        ("Runbooks", ("runbook", "runs", "repaired", "failed", "refused", "other", "came back"), runbooks),
        ("Expired suppressions", ("what", "reason", "owner", "expired"), expired),
    ):
        if rows:
            yield f"## {title}"
            yield _table(heads, (tuple(map(str, row)) for row in rows[:_ROWS_SHOWN]))
            if len(rows) > _ROWS_SHOWN:
                yield f"and {len(rows) - _ROWS_SHOWN} more"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows))


def _names(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMES_SHOWN} more" if len(every) > _NAMES_SHOWN else ""
    return ", ".join(every[:_NAMES_SHOWN]) + more
