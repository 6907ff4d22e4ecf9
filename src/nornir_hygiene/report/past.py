"""The history as lines of text. Times are UTC."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from nornir_hygiene.models.past import Difference, KeptAudit, KeptFinding, SinceThen, Trend


def audit_line(audit: KeptAudit) -> str:
    """One audit: when, how its hosts came out, which hosts."""
    totals = audit.totals
    parts = [
        f"{count} {words}"
        for count, words in (
            (totals.clean, "clean"),
            (totals.with_findings, "with findings"),
            (totals.incomplete, "seen by halves"),
            (totals.not_observed, "not observed"),
        )
        if count
    ]
    cut = "interrupted; " if audit.interrupted else ""
    told = ", ".join(parts) or "no host"
    return f"{audit.run_id}  {_at(audit.started_at)}  {cut}{told}; {audit.selection}"


def finding_lines(audit: KeptAudit, found: Iterable[KeptFinding]) -> Iterator[str]:
    """What was there then, the audit first."""
    yield audit_line(audit)
    yield from (f"  {_words(one)}" for one in found)


def difference_lines(found: Difference) -> Iterator[str]:
    """New before worse before gone before what stayed; the sums last."""
    yield from _changes(found)
    yield f"{_sums(found)}; from {_at(found.earlier.started_at)} to {_at(found.later.started_at)}"


def since_lines(found: SinceThen) -> Iterator[str]:
    """In the same order; the sums last."""
    yield from _changes(found)
    yield f"{_sums(found)}; since {_at(found.since)}"


def _changes(found: Difference | SinceThen) -> Iterator[str]:
    parts = {
        "new": found.new,
        "worse": found.worse,
        "gone": found.gone,
        "still": found.still,
        "unknown": found.unknown,
    }
    for mark, part in parts.items():
        yield from (f"{mark:<8}{_words(one)}" for one in part)


def _sums(found: Difference | SinceThen) -> str:
    return (
        f"{len(found.new)} new, {len(found.worse)} worse, {len(found.gone)} gone, {len(found.still)} still there, "
        f"{len(found.unknown)} on hosts that were not observed"
    )


def trend_line(one: Trend) -> str:
    """What grows, how fast, and how long it can."""
    interval = f"{one.least_per_hour:.2g} to {one.most_per_hour:.2g}"
    of = f" of {one.limit}" if one.limit else ""
    left = ""
    if one.hours_left is not None:
        latest = f"{one.hours_left_latest:.0f} h" if one.hours_left_latest is not None else "never"
        left = f"; used up in {one.hours_left:.0f} h (from {one.hours_left_earliest:.0f} h to {latest})"
    speed = f"+{one.per_hour:.2g} an hour ({interval}) since {_at(one.since)}"
    return f"{one.host}  {one.what}  {one.name}: {one.value}{of}, {speed}{left}"


def _words(one: KeptFinding) -> str:
    until = f", gone {_at(one.ended_at)}" if one.ended_at else ""
    since = f"since {_at(one.begun_at)}, seen {one.times_seen} times, last {_at(one.last_seen_at)}{until}"
    return f"{one.host}  {one.kind}  {one.subject}  ({one.worst}; {since})"


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
