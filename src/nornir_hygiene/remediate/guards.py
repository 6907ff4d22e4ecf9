"""Reasons not to act, each with a name. Asked when a plan is made, and again on fresh evidence before each act."""

from collections.abc import Callable, Iterator

from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.plan import Refusal
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Risk, Runbook
from nornir_hygiene.remediate.case import Case

Guard = Callable[[Case, Runbook], str | None]


def _observed(case: Case, _runbook: Runbook) -> str | None:
    """Nothing is done about what was not seen, or seen by halves."""
    for name in case.sufferers:
        seen = case.host_report(name)
        if seen is None or seen.not_observed:
            return f"{name} was not observed"
        if not seen.complete:
            return f"{name} was seen by halves only"
    return None


def _place_known(case: Case, runbook: Runbook) -> str | None:
    if not case.host:
        return "nobody knows which host the cause lives on"
    needs_admin = any(step.at == "admin" for rung in runbook.rungs for step in rung.steps)
    return "no host of the cluster reached its monitors" if needs_admin and not case.admin else None


def _cause_established(case: Case, runbook: Runbook) -> str | None:
    """A cause on a guess is nobody's to repair; of findings only where the runbook asks for it."""
    if case.cause is not None:
        return None if case.cause.established else f"the cause is not established: {case.cause.why_not}"
    if "cause-established" not in runbook.guards:
        return None
    doubtful = next((finding.cause for finding in case.findings if not finding.cause.established), None)
    return f"the cause is not established: {doubtful.missing}" if doubtful else None


def _one_culprit(case: Case, _runbook: Runbook) -> str | None:
    """Two sick daemons in different failure domains: suspect what they share, and touch neither."""
    if case.cause is None:
        return None
    others = [cause.name for cause in case.report.causes if cause.sort == case.cause.sort and cause.name != case.key]
    return f"there is more than one culprit: {', '.join(sorted(others))}" if others else None


def _not_in_a_container(case: Case, _runbook: Runbook) -> str | None:
    """What a controller owns, the controller restarts: a bare kill only makes it count a failure."""
    inside = next((finding.container for finding in case.findings if finding.container), "")
    return f"it lives in {inside}: that is its controller's to do" if inside else None


GUARDS: dict[str, Guard] = {
    "observed": _observed,
    "place-known": _place_known,
    "cause-established": _cause_established,
    "one-culprit": _one_culprit,
    "not-in-a-container": _not_in_a_container,
}
# Those a runbook need not name.
ALWAYS = ("observed", "place-known", "cause-established", "one-culprit")


def refusals(case: Case, runbook: Runbook) -> tuple[Refusal, ...]:
    """Every reason against it, in the order of GUARDS."""
    return tuple(_refusals(case, runbook))


def _refusals(case: Case, runbook: Runbook) -> Iterator[Refusal]:
    for name, guard in GUARDS.items():
        if name in ALWAYS or name in runbook.guards:
            why = guard(case, runbook)
            if why:
                yield Refusal(guard=name, why=why)


def unhealthy(report: AuditReport, runbook: Runbook) -> Refusal | None:
    """Where most hosts are ill, the next disruption may be one too many; a host not observed is not healthy."""
    ill = sum(1 for host in report.hosts if host.not_observed or any(map(_critical, host.findings)))
    share = 100 * ill / max(1, report.totals.selected)
    limit = runbook.limits.unhealthy_pct
    if runbook.risk is Risk.SAFE or runbook.per == "cause" or share <= limit:
        return None
    why = f"{ill} of {report.totals.selected} hosts are unhealthy, more than {limit:g} %: a person looks first"
    return Refusal(guard="unhealthy-share", why=why)


def _critical(finding: Finding) -> bool:
    return finding.severity is Severity.CRITICAL
