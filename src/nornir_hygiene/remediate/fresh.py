"""Evidence taken again: right before a rung, and before each step of it that disrupts something."""

import time

from nornir_hygiene.models.plan import ActionResult, PlannedRung, PlannedStep, Refusal, RungResult, Target, TargetEnd
from nornir_hygiene.models.runbook import Risk, Runbook
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.bind import Unbound, bound
from nornir_hygiene.remediate.case import Case, same_case
from nornir_hygiene.remediate.guards import refusals
from nornir_hygiene.remediate.proof import seen_gone
from nornir_hygiene.remediate.steps import Hand

# Older evidence is no reason to disrupt anything: steps before may have waited for minutes.
EVIDENCE_S = 30.0


class Stop(Exception):  # noqa: N818  # how a target ends before its rungs are at an end
    """With what is known of the rung, if one was begun."""

    def __init__(self, end: TargetEnd, why: str, rung: RungResult | None = None) -> None:
        super().__init__(why)
        self.end = end
        self.why = why
        self.rung = rung


class Changed(Exception):  # noqa: N818  # it is neither there as it was planned for nor gone
    """Says why."""


def proven(target: Target, runbook: Runbook, hand: Hand) -> Case | None:
    """The case on fresh evidence; None if it is gone. Raises Changed, or Stop for what speaks against acting now."""
    report = hand.ground.look({*target.sufferers, target.host})
    case = same_case(runbook, report, (target.key,), target.before)
    if case is None:
        verdict = seen_gone(target, report)
        if verdict.gone:
            return None
        raise Changed(verdict.why_not)
    lifeline = hand.ground.lifeline(target.host, runbook.risk)
    against = (*((lifeline,) if lifeline else ()), *refusals(case, runbook))
    if against:
        raise Stop("refused", in_words(against))
    return case


def fresh_rung(target: Target, planned: PlannedRung, runbook: Runbook, case: Case) -> PlannedRung:
    """The rung with arguments of the fresh evidence. Raises Stop."""
    if case.host != target.host:
        raise Stop("refused", f"fresh-evidence: it is {case.host} now, and the plan says {target.host}")
    try:
        rung = bound(runbook.rungs[planned.number - 1], planned.number, case)
    except Unbound as error:
        raise Stop("refused", f"bindable: {error}") from None
    if [step.name for step in rung.steps] != [step.name for step in planned.steps]:
        raise Stop("refused", f"fresh-evidence: other steps of {rung.name!r} are for it now than were planned")
    return rung


def in_words(against: tuple[Refusal, ...]) -> str:
    """Guard and reason of each."""
    return "; ".join(f"{refusal.guard}: {refusal.why}" for refusal in against)


class StillSo:
    """An Objection: looks again before a step that disrupts, if the last look is too long ago.

    Made right after a look, and called for the steps of the rung in their order.
    """

    def __init__(self, target: Target, rung: PlannedRung, runbook: Runbook, hand: Hand) -> None:
        self._rung = rung
        self._case = (target, runbook, hand)
        self._seen_at = time.monotonic()
        self._committed = False

    def __call__(self, step: PlannedStep) -> ActionResult | None:
        """Why it is not done any more, if so."""
        old = time.monotonic() - self._seen_at >= EVIDENCE_S
        safe = ACTIONS[step.action].risk is Risk.SAFE
        against = self._looked(step) if old and not safe and not self._committed else None
        self._committed = self._committed or ACTIONS[step.action].commits
        return against

    def _looked(self, step: PlannedStep) -> ActionResult | None:
        target, runbook, hand = self._case
        try:
            case = proven(target, runbook, hand)
            if case is None:
                return ActionResult(outcome="unchanged", detail="not done: the finding is gone meanwhile")
            now = fresh_rung(target, self._rung, runbook, case)
        except Changed as error:
            return ActionResult(outcome="refused", detail=f"fresh-evidence: {error}")
        except Stop as stop:
            return ActionResult(outcome="refused", detail=stop.why)
        if step not in now.steps:
            return ActionResult(outcome="refused", detail="fresh-evidence: it is another one by now")
        self._seen_at = time.monotonic()
        return None
