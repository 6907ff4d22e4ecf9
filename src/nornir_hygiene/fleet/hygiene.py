"""Gathers what `nr report` shows: out of the history, the newest saved runs, and what the project says."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from nornir_hygiene.diagnose import RULES
from nornir_hygiene.diagnose.kinds import explained_kind
from nornir_hygiene.diagnose.suppression import expired, suppressed_by
from nornir_hygiene.fleet.behind import causes_behind, image_sums, wait_shares
from nornir_hygiene.fleet.knowledge import kind_book
from nornir_hygiene.fleet.scope import Scope
from nornir_hygiene.history.coverage import audit_times, coverage_of
from nornir_hygiene.history.evidence import Evidence, evidence_of
from nornir_hygiene.history.missed import missed_runs
from nornir_hygiene.history.moments import Counts, counts_of, with_findings
from nornir_hygiene.history.newest import Newest, fleet_over_time
from nornir_hygiene.history.returns import Return, returns
from nornir_hygiene.history.runbook_use import runbook_uses
from nornir_hygiene.history.schedules import readable_schedules
from nornir_hygiene.history.series import growing
from nornir_hygiene.history.since import Changed, findings_between
from nornir_hygiene.history.states import headroom, owner_sums
from nornir_hygiene.history.tables import storable
from nornir_hygiene.models.explanation import Explanation
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Coverage, HostState, HygieneReport, Moment, ReportedFinding, RunbookUse
from nornir_hygiene.models.past import Trend
from nornir_hygiene.models.schedule import Schedule
from nornir_hygiene.models.suppression import Suppressed, Suppression

_NEVER_BACK = Return(0)
_CHANGES = ("new", "worse", "still", "gone")


class Span(NamedTuple):
    """From after `since` to `until`, when the report is made."""

    since: datetime
    until: datetime


class _Past(NamedTuple):
    """What the history says of the hosts of a report; `names` as they are stored."""

    names: frozenset[str]
    fleet: dict[str, Newest]
    changed: tuple[Changed, ...]
    back: dict[str, Return]
    trends: tuple[Trend, ...]
    evidence: Evidence


def hygiene_report(engine: Engine, span: Span, scope: Scope, entries: tuple[Suppression, ...] = ()) -> HygieneReport:
    """Total: an empty history gives a report of zeros. `entries` are the project's suppressions. Raises ConfigError."""
    fleet, counts = _over_time(engine, span, scope)
    past = _past(engine, span, scope, fleet)
    findings = _reported(past, scope, tuple(entries), span.until)
    there = [one for one in findings if one.change != "gone"]
    with engine.connect() as connection:
        owners = owner_sums(connection, span.since, past.names)
        room = headroom(connection, span.since, past.names, past.trends)
    return HygieneReport(
        made_at=span.until,
        since=span.since,
        scope=scope.words,
        coverage=_coverage(engine, span, scope, fleet),
        hosts=_hosts(fleet, there),
        causes=causes_behind(there, past.evidence),
        findings=findings,
        owners=owners,
        images=image_sums(there),
        headroom=room,
        trends=past.trends,
        waits=wait_shares(past.evidence.hosts),
        runbooks=_runbooks(engine, span, scope, past.back),
        moments=_moments(engine, counts, past.names),
        expired=expired(entries, span.until),
        explanations=_explanations({one.kept.kind for one in findings}),
    )


def _over_time(engine: Engine, span: Span, scope: Scope) -> tuple[dict[str, Newest], list[Counts]]:
    names = _stored(scope.hosts) if scope.hosts is not None else None
    fleet: dict[str, Newest] = {}
    counts: list[Counts] = []
    with engine.connect() as connection:
        for at, known in fleet_over_time(connection, span.since, span.until, names):
            fleet = known
            counts.append(counts_of(at, known.values()))
    return fleet, counts


def _past(engine: Engine, span: Span, scope: Scope, fleet: Mapping[str, Newest]) -> _Past:
    names = frozenset(fleet) | _stored(scope.expected)
    changed = findings_between(engine, *span, names)
    there = (one.kept for one in changed if one.change != "gone")
    gone = (one.kept for one in changed if one.change == "gone")
    with engine.connect() as connection:
        evidence = evidence_of(connection, {host: one.run_id for host, one in fleet.items()}, there, gone)
    return _Past(
        names=names,
        fleet=dict(fleet),
        changed=changed,
        back=returns(engine, *span, names),
        trends=tuple(one for one in growing(engine, span.until) if one.host in names),
        evidence=evidence,
    )


def _stored(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(storable, names))


def _coverage(engine: Engine, span: Span, scope: Scope, fleet: Mapping[str, Newest]) -> Coverage:
    with engine.connect() as connection:
        times = audit_times(connection, *span, scope.hosts)
    schedules = [one for one in readable_schedules() if _is_about(one, scope)]
    return coverage_of(fleet.values(), times, scope.expected, missed_runs(engine, schedules, *span))


def _is_about(schedule: Schedule, scope: Scope) -> bool:
    """Does it audit one of these hosts? Where no inventory tells their groups it may."""
    return scope.hosts is None or any(
        (not schedule.hosts or host in schedule.hosts)
        and (not schedule.groups or host not in scope.groups or not scope.groups[host].isdisjoint(schedule.groups))
        for host in scope.hosts
    )


def _moments(engine: Engine, counts: list[Counts], names: Collection[str]) -> tuple[Moment, ...]:
    with engine.connect() as connection:
        return with_findings(connection, counts, names)


def _runbooks(engine: Engine, span: Span, scope: Scope, back: Mapping[str, Return]) -> tuple[RunbookUse, ...]:
    came_back = Counter(one.back_after for one in back.values() if one.back_after)
    with engine.connect() as connection:
        return runbook_uses(connection, *span, came_back, scope.hosts)


def _hosts(fleet: Mapping[str, Newest], there: Iterable[ReportedFinding]) -> tuple[HostState, ...]:
    """By name; what is suppressed is counted too."""
    severities: dict[str, list[Severity]] = {}
    for one in there:
        severities.setdefault(one.kept.host, []).append(one.severity)
    return tuple(_state(fleet[name], severities.get(name, [])) for name in sorted(fleet))


def _state(newest: Newest, severities: Collection[Severity]) -> HostState:
    told = {name: value for name, value in newest._asdict().items() if name != "run_id"}
    worst = max(severities, key=lambda severity: severity.rank, default=None)
    return HostState(**told, findings=len(severities), worst=worst)


def _reported(
    past: _Past, scope: Scope, entries: tuple[Suppression, ...], now: datetime
) -> tuple[ReportedFinding, ...]:
    """What is there before what went, what is suppressed last of either; then the worst first."""
    groups = {storable(host): each for host, each in scope.groups.items()}
    found = [_finding(one, past, _suppressed(one, groups, entries, now)) for one in past.changed]
    return tuple(sorted(found, key=_order))


def _order(one: ReportedFinding) -> tuple[object, ...]:
    kept = one.kept
    place = (one.change == "gone", one.suppressed is not None, -one.severity.rank, _CHANGES.index(one.change))
    return (*place, kept.host, kept.kind, kept.subject)


def _suppressed(
    one: Changed, groups: Mapping[str, Collection[str]], entries: Iterable[Suppression], now: datetime
) -> Suppressed | None:
    kept = one.kept
    return suppressed_by(entries, kept.host, groups.get(kept.host, ()), kept.kind, kept.subject, now)


def _finding(one: Changed, past: _Past, suppressed: Suppressed | None) -> ReportedFinding:
    """What a file says of suppression was so then; what counts is how it is now."""
    told = past.evidence.findings.get(one.kept.fingerprint)
    back = past.back.get(one.kept.fingerprint, _NEVER_BACK)
    return ReportedFinding(
        kept=one.kept,
        change=one.change,
        severity=one.severity,
        finding=told.model_copy(update={"suppressed": suppressed}) if told else None,
        times_back=back.times_back,
        flapping=back.flapping,
        back_after=back.back_after,
        suppressed=suppressed,
    )


def _explanations(kinds: Collection[str]) -> tuple[Explanation, ...]:
    """By kind; one that nobody describes any more has none."""
    known = (kind_book().entry(kind) for kind in sorted(kinds))
    return tuple(explained_kind(entry, RULES) for entry in known if entry)
