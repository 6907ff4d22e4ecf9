"""From an audit and a runbook to a plan. Pure: no clock, no disk, no host."""

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import LeftOut, Plan, Refusal, Target
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Runbook
from nornir_hygiene.remediate.bind import bound_rungs
from nornir_hygiene.remediate.case import Case, cases, left_out
from nornir_hygiene.remediate.guards import refusals, unhealthy
from nornir_hygiene.remediate.language import Loaded
from nornir_hygiene.remediate.seen_before import asks_for_two, seen_before

DEFAULT_EXPIRY_S = 900


class Frame(Frozen):
    """What is known of a plan apart from its targets."""

    made_at: datetime
    inventory: str
    expires_s: int = DEFAULT_EXPIRY_S


def make_plan(loaded: Loaded, report: AuditReport, frame: Frame, earlier: Iterable[AuditReport] = ()) -> Plan:
    """Every problem the runbook is for, also those it must leave alone, with the reason.

    `earlier`: audits of before, the newest first, for a runbook that acts on nothing that was seen once only.
    """
    runbook = loaded.runbook
    found = _with_their_past(runbook, cases(runbook, report), earlier)
    within = list(dict.fromkeys(case.host for case in found))[: runbook.limits.hosts]
    general = unhealthy(report, runbook)
    return Plan(
        plan_id=f"plan-{frame.made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        made_at=frame.made_at,
        expires_at=frame.made_at + timedelta(seconds=frame.expires_s),
        runbook=loaded.name,
        runbook_digest=loaded.digest,
        risk=runbook.risk,
        from_run=report.run_id,
        inventory=frame.inventory,
        selection=report.selection,
        targets=tuple(_target(loaded, case, (general, _beyond(runbook, case, within))) for case in found),
        left_out=_left_out(runbook, report),
    )


def _left_out(runbook: Runbook, report: AuditReport) -> tuple[LeftOut, ...]:
    """By what was said of them, in the order they were found."""
    count = Counter(finding.suppressed for finding in left_out(runbook, report) if finding.suppressed)
    return tuple(LeftOut(findings=number, suppressed=suppressed) for suppressed, number in count.items())


def _with_their_past(runbook: Runbook, found: tuple[Case, ...], earlier: Iterable[AuditReport]) -> tuple[Case, ...]:
    if not asks_for_two(runbook):
        return found
    reports = tuple(earlier)
    return tuple(replace(case, before=seen_before(case, runbook, reports)) for case in found)


def _beyond(runbook: Runbook, case: Case, within: list[str]) -> Refusal | None:
    """The first hosts of the plan are acted on; the others wait for the next one."""
    if case.host in within:
        return None
    return Refusal(guard="hosts-limit", why=f"one plan acts on at most {runbook.limits.hosts} hosts")


def _target(loaded: Loaded, case: Case, general: tuple[Refusal | None, ...]) -> Target:
    rungs, unbound = bound_rungs(loaded.runbook, case)
    against = (*filter(None, (*general, unbound)), *refusals(case, loaded.runbook))
    return Target(
        host=case.host,
        about=case.about,
        kinds=tuple(sorted({finding.kind for finding in case.findings})),
        sufferers=case.sufferers,
        fingerprints=tuple(finding.fingerprint for finding in case.findings),
        cause=case.cause.name if case.cause else "",
        gaps=case.gaps,
        subjects=case.subjects,
        others=case.others,
        before=case.before,
        rungs=rungs,
        refused=against,
    )
