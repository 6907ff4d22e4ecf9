"""Counts that grow from audit to audit, as findings: what one look at a host cannot tell. Pure.

What a rule has found already is told once: the growth is a fact of that finding. Else it is a finding of its own, with
the same subject the rule would give it, and without tasks: a count that grows names nobody who may be ended for it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nornir_hygiene.diagnose.containers import ancestors_of, container_of, origin_of
from nornir_hygiene.diagnose.rules import orphans, pid_space, pids_limit
from nornir_hygiene.diagnose.tasks import counted, facts
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject
from nornir_hygiene.models.past import Trend
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.models.settings import Thresholds

ORPHANS, ZOMBIES, LIMIT = "orphans", "zombies", "limit"
# By the evidence's role of the parent; where that is blocked, growth says nothing new about how bad it is.
_ZOMBIE_KINDS = {
    "zombie-parent-not-waiting": "parent",
    "zombie-init-not-reaping": "init of the namespace",
    "zombie-parent-blocked": "parent",
}
_UNKNOWN = f" of {origin_of(None)}"
_IN_CONTAINER = re.compile(r" of (pod [0-9a-f-]+(?:, container [0-9a-f]{12})?|container [0-9a-f]{12})$")


@dataclass(frozen=True)
class Growing:
    """One host's report of an audit that began `at`, and the counts of it that grow."""

    report: HostReport
    trends: tuple[Trend, ...]
    thresholds: Thresholds
    at: datetime

    def found(self, kind: str, subject: Subject) -> Finding | None:
        """What a rule has found of it in this audit."""
        alike = (one for one in self.report.findings if one.kind == kind and one.subject == subject)
        return next(alike, None)

    def of(self, what: str) -> tuple[Trend, ...]:
        """The counts of one sort that grow, in their order."""
        return tuple(trend for trend in self.trends if trend.what == what)


def with_growth(growing: Growing) -> HostReport:
    """The report with what its history tells. Total: any trends give an answer."""
    told = (*_orphans(growing), *_limits(growing), *_zombies(growing))
    if not told:
        return growing.report
    findings = {one.fingerprint: one for one in (*growing.report.findings, *told)}
    ordered = sorted(findings.values(), key=lambda one: (-one.severity.rank, one.kind, str(one.subject)))
    return growing.report.model_copy(update={"findings": tuple(ordered)})


def _orphans(growing: Growing) -> Iterator[Finding]:
    known = frozenset[Subject]()
    for trend in growing.of(ORPHANS):
        subject = Subject(sort="orphans", name=_owner(growing, trend.name))
        if subject in known:
            continue
        known |= {subject}
        found = growing.found("orphan-leak", subject)
        if found:
            yield _with_facts(found, _growth(trend))
        elif subject.name == trend.name and _leaks(growing, trend):
            yield _leak(subject, trend)


def _owner(growing: Growing, name: str) -> str:
    """As the rule groups them: those nobody looked at closer belong to the only known origin of their program."""
    if not name.endswith(_UNKNOWN) or growing.report.census is None:
        return name
    program = name.removesuffix(_UNKNOWN)
    owners = [one.owner for one in growing.report.census.owners if one.orphans and one.owner != name]
    alike = [owner for owner in owners if owner.startswith(f"{program} of ")]
    return alike[0] if len(alike) == 1 else name


def _leaks(growing: Growing, trend: Trend) -> bool:
    """Old fsck attempts and hung `ps` pile up and are no leak: what they wait for is the finding."""
    owners = growing.report.census.owners if growing.report.census else ()
    stuck = any(one.blocked * 2 >= one.orphans for one in owners if one.owner == trend.name)
    return trend.value >= growing.thresholds.orphan_min_count and not stuck


def _leak(subject: Subject, trend: Trend) -> Finding:
    inside = _IN_CONTAINER.search(subject.name)
    return Finding(
        host=trend.host,
        kind="orphan-leak",
        severity=Severity.WARNING,
        subject=subject,
        summary=f"{counted(trend.value, 'orphan')} {subject.name}, and {_pace(trend)}: more than were seen before. "
        "By their number alone it is not sure that they are not meant to stay.",
        evidence=Evidence(facts=(*facts(("orphans", trend.value)), *_growth(trend))),
        cause=Cause(
            name=f"the program that starts {subject.name} and leaves them behind",
            established=False,
            because=f"they outlived their parent, and there are {_pace(trend)}",
            missing="whether they are meant to stay: nothing but their growth speaks against it",
        ),
        restores=orphans.RESTORES,
        container=inside[1] if inside else "",
    )


def _limits(growing: Growing) -> Iterator[Finding]:
    full_soon = [trend for trend in growing.of(LIMIT) if trend.limit and _full_soon(growing, trend)]
    told = [one.subject.name for one in growing.report.findings if one.kind == "pids-cgroup-saturated"]
    for trend in _binding(full_soon):
        is_cgroup = trend.name.startswith("/")
        kind = "pids-cgroup-saturated" if is_cgroup else "pid-space-low"
        subject = Subject(sort="cgroup" if is_cgroup else "limit", name=trend.name)
        found = growing.found(kind, subject)
        if found:
            yield _with_facts(found, (*_growth(trend), *_left(growing, trend)))
        elif not any(_same_chain(trend.name, name) for name in told):
            yield _filling(kind, subject, trend, growing)


def _full_soon(growing: Growing, trend: Trend) -> bool:
    return trend.hours_left is not None and trend.hours_left <= growing.thresholds.full_within_h


def _binding(trends: Sequence[Trend]) -> Iterator[Trend]:
    """The tightest of each chain of cgroups, as the rule of full ones has it: of equally tight ones the ancestor."""
    for trend in trends:
        chain = [one for one in trends if _same_chain(one.name, trend.name)]
        if trend is min(chain, key=lambda one: ((one.limit or 0) - one.value, len(one.name))):
            yield trend


def _same_chain(one: str, other: str) -> bool:
    return one == other or one in ancestors_of(other) or other in ancestors_of(one)


def _filling(kind: str, subject: Subject, trend: Trend, growing: Growing) -> Finding:
    cgroup = subject.sort == "cgroup"
    container = str(container_of(trend.name)) if cgroup else ""
    where = (container or origin_of(trend.name)) if cgroup else f"the whole host ({trend.name})"
    return Finding(
        host=trend.host,
        kind=kind,
        severity=Severity.WARNING,
        subject=subject,
        summary=f"{where} uses {trend.value} of {trend.limit} process ids, and {_pace(trend)}. If that goes on, they "
        f"are used up {_when(growing, trend)}.",
        evidence=Evidence(
            facts=(
                # Not called `limit`: that is what a runbook raises, of a cgroup that is full.
                *facts(("tasks (threads and zombies)", trend.value), ("limit of process ids", trend.limit)),
                *_growth(trend),
                *_left(growing, trend),
            )
        ),
        cause=Cause(
            name=f"limit {trend.limit} of {trend.name}" if cgroup else f"limit {trend.name} of {trend.limit}",
            established=False,
            because=f"it is not full yet; there are {_pace(trend)}",
            missing="who grows, and whether it goes on",
        ),
        restores=pids_limit.RESTORES if cgroup else pid_space.SPACE_RESTORES,
        container=container,
    )


def _zombies(growing: Growing) -> Iterator[Finding]:
    """Only what is a finding already: zombies that are all young are reaped, however many there are at a time."""
    for trend in growing.of(ZOMBIES):
        alike = [one for one in growing.report.findings if _is_parent(one, trend.name)]
        for one in alike:
            yield _with_facts(_surer(one) if len(alike) == 1 else one, _growth(trend))


def _is_parent(finding: Finding, owner: str) -> bool:
    role = _ZOMBIE_KINDS.get(finding.kind)
    parent = next((task for task in finding.evidence.tasks if role and task.role == role), None)
    if parent is None:
        return False
    if finding.container:
        return owner == f"{parent.comm} of {finding.container}"
    return owner.startswith(f"{parent.comm} of ") and not _IN_CONTAINER.search(owner)


def _surer(finding: Finding) -> Finding:
    """A few are a lost signal, and harmless, as long as they do not grow."""
    waits = finding.severity is Severity.INFO and finding.kind != "zombie-parent-blocked"
    return finding.model_copy(update={"severity": Severity.WARNING}) if waits else finding


def _with_facts(finding: Finding, told: Iterable[Fact]) -> Finding:
    evidence = finding.evidence.model_copy(update={"facts": (*finding.evidence.facts, *told)})
    return finding.model_copy(update={"evidence": evidence})


def _growth(trend: Trend) -> tuple[Fact, ...]:
    return facts(
        ("more an hour", f"{trend.per_hour:.2g}"),
        ("more an hour, at least and at most", f"{trend.least_per_hour:.2g} to {trend.most_per_hour:.2g}"),
        ("grows since", f"{trend.since:%Y-%m-%d %H:%M}Z or longer"),
    )


def _left(growing: Growing, trend: Trend) -> tuple[Fact, ...]:
    return facts(("used up", _when(growing, trend) if trend.hours_left is not None else None))


def _pace(trend: Trend) -> str:
    """With the interval it lies in, in 95 of 100 cases."""
    return (
        f"about {trend.per_hour:.2g} more every hour (from {trend.least_per_hour:.2g} to {trend.most_per_hour:.2g}) "
        f"since {trend.since:%Y-%m-%d %H:%M}Z at least"
    )


def _when(growing: Growing, trend: Trend) -> str:
    """`on 2026-11-05 12:00Z, in 48 h (from 44 h to 53 h)`."""
    likely, latest = trend.hours_left or 0.0, trend.hours_left_latest
    on = growing.at + timedelta(hours=likely)
    until = "never" if latest is None else f"{latest:.0f} h"
    return f"on {on:%Y-%m-%d %H:%M}Z, in {likely:.0f} h (from {trend.hours_left_earliest or 0.0:.0f} h to {until})"
