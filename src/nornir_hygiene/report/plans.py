"""A plan, and what came of it, as lines for people."""

from collections.abc import Iterator

from nornir_hygiene.models.plan import ApplyReport, Plan, PlannedRung, Target, TargetResult
from nornir_hygiene.report.suppressions import counted, suppressed_words


def plan_lines(plan: Plan) -> Iterator[str]:
    """Host, action, argument, what speaks against it now; then how to go on."""
    until = f"{plan.expires_at:%H:%M:%SZ}"
    yield f"{plan.plan_id}: runbook {plan.runbook} ({plan.risk}), from {plan.from_run}, until {until}"
    if not plan.targets:
        besides = " and not suppressed" if plan.left_out else ""
        yield f"  nothing to do: no finding here is one for {plan.runbook}{besides}"
    for target in plan.targets:
        yield from _target(target)
    for left in plan.left_out:
        yield f"  left out: {counted(left.findings)} {suppressed_words(left.suppressed)}"
    ready = sum(not target.refused for target in plan.targets)
    yield f"{ready} of {len(plan.targets)} targets can be worked on; nothing was changed."


def _target(target: Target) -> Iterator[str]:
    yield f"  {target.host or 'no host'}: {target.about}"
    elsewhere = [name for name in target.sufferers if name != target.host]
    if elsewhere:
        yield f"    suffers: {', '.join(elsewhere)}"
    if target.before:
        count, at = len(target.before.processes), f"{target.before.at:%Y-%m-%d %H:%M:%SZ}"
        yield f"    seen before: {count} of the same processes in {target.before.run_id}, at {at}"
    for refusal in target.refused:
        yield f"    refused by {refusal.guard}: {refusal.why}"
    for rung in target.rungs if not target.refused else ():
        yield from _rung(rung)


def _rung(rung: PlannedRung) -> Iterator[str]:
    yield f"    {rung.number}. {rung.name}"
    yield from (f"       {step.host}: {step.says}" for step in rung.steps)
    yield f"       then: gone within {rung.gone.within_s} s, and for {rung.gone.stays_s} s"


def apply_lines(report: ApplyReport) -> Iterator[str]:
    """How it ended for each target, step by step."""
    yield f"{report.run_id}: {report.plan_id}, runbook {report.runbook}"
    for result in report.results:
        yield from _result(result)
    if report.escalate:
        yield report.escalate


def _result(result: TargetResult) -> Iterator[str]:
    why = f": {result.why}" if result.why else ""
    yield f"  {result.end}: {result.target} on {result.host}{why}"
    for rung in result.rungs:
        yield from (f"    {rung.name}: {name}: {told.outcome}, {told.detail}" for name, told in rung.steps)
        if rung.gone or rung.why_not:
            yield f"    {rung.name}: {'gone' if rung.gone else f'still there: {rung.why_not}'}"
