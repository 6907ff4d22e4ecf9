"""A hygiene report in a few words: what the first screen of every format says."""

from collections.abc import Iterable
from datetime import datetime

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Change, Coverage, Headroom, HygieneReport, ReportedFinding
from nornir_hygiene.models.past import KeptFinding, Trend
from nornir_hygiene.report.evidence import age

CHANGES: tuple[Change, ...] = ("new", "worse", "still", "gone")
OUTCOMES = (
    ("with_findings", "with findings"),
    ("clean", "clean"),
    ("incomplete", "seen in part"),
    ("not_observed", "not observed"),
)


def counted(findings: Iterable[ReportedFinding]) -> list[ReportedFinding]:
    """Those that are there and that nobody has suppressed."""
    return [one for one in findings if one.change != "gone" and one.suppressed is None]


def suppressed_prints(report: HygieneReport) -> frozenset[str]:
    """Fingerprints of the findings that are there and do not count for now."""
    hidden = (one for one in report.findings if one.suppressed is not None and one.change != "gone")
    return frozenset(one.kept.fingerprint for one in hidden)


def in_order(findings: Iterable[ReportedFinding]) -> list[ReportedFinding]:
    """What counts, then what is suppressed, then what is gone; each in the order it came."""
    return sorted(findings, key=lambda one: (one.change == "gone", one.suppressed is not None))


def by_severity(report: HygieneReport) -> dict[Severity, int]:
    """How many count, the worst first."""
    found = counted(report.findings)
    return {severity: sum(one.severity == severity for one in found) for severity in reversed(Severity)}


def by_change(report: HygieneReport) -> dict[Change, int]:
    """How many are new, worse, still there and gone; what is suppressed is left out."""
    shown = [one.change for one in report.findings if one.suppressed is None]
    return {change: shown.count(change) for change in CHANGES}


def observed(coverage: Coverage) -> int:
    """Hosts with a snapshot, if only a part of one."""
    return coverage.totals.selected - coverage.totals.not_observed


def verdict(report: HygieneReport) -> str:
    """`4 critical, 3 warning and 4 info findings on 10 hosts`, or that there is none."""
    found = counted(report.findings)
    if not found:
        return _nothing(report)
    parts = [f"{count} {severity}" for severity, count in by_severity(report).items() if count]
    told = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    hosts = len({one.kept.host for one in found})
    return f"{told} {'finding' if len(found) == 1 else 'findings'} on {_many(hosts, 'host')}."


def _nothing(report: HygieneReport) -> str:
    if observed(report.coverage) == 0:
        return "No host was observed, so nothing is known of any."
    hidden = len(suppressed_prints(report))
    told = f"; {_many(hidden, 'suppressed finding')} left aside" if hidden else ""
    return f"Nothing was found on the hosts that were observed{told}."


def hosts_words(coverage: Coverage) -> str:
    """`57 of 60 hosts observed: 10 with findings, 46 clean, 1 seen in part.`"""
    parts = [
        f"{count} {words}"
        for field, words in OUTCOMES
        if (count := getattr(coverage.totals, field)) and field != "not_observed"
    ]
    told = f"{observed(coverage)} of {_many(coverage.totals.selected, 'host')} observed"
    return f"{told}: {', '.join(parts)}." if parts else f"{told}."


def speed(trend: Trend) -> str:
    """`+4.1 an hour (3.8 to 4.4)`."""
    return f"{trend.per_hour:+.2g} an hour ({trend.least_per_hour:.2g} to {trend.most_per_hour:.2g})"


def left(trend: Trend | None) -> str:
    """When a limit is used up, with the interval: `in 2d20h (2d8h to 3d10h)`; empty where nobody can say."""
    if trend is None or trend.hours_left is None:
        return ""
    earliest = age(_seconds(trend.hours_left_earliest))
    latest = "never" if trend.hours_left_latest is None else age(_seconds(trend.hours_left_latest))
    return f"in {age(_seconds(trend.hours_left))} ({earliest} to {latest})"


def used_pct(one: Headroom) -> int:
    """Share of the limit in use, rounded down: 100 only where nothing is left."""
    return one.used * 100 // one.limit


def lasted_s(kept: KeptFinding) -> float:
    """From when it began to when it was seen for the last time, or to the audit that missed it."""
    return ((kept.ended_at or kept.last_seen_at) - kept.begun_at).total_seconds()


def at(when: datetime | None) -> str:
    """`2026-11-22 07:30Z`; a dash for no time."""
    return f"{when:%Y-%m-%d %H:%M}Z" if when else "-"


def _seconds(hours: float | None) -> float | None:
    return None if hours is None else hours * 3600


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
