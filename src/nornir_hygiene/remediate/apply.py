"""A plan carried out: each target proven again, guarded, locked, done rung by rung, and verified."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import takewhile

from nornir_hygiene.models.plan import (
    ApplyReport,
    Plan,
    PlannedRung,
    RungResult,
    Target,
    TargetEnd,
    TargetResult,
)
from nornir_hygiene.models.runbook import Risk, Runbook
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.bind import holds
from nornir_hygiene.remediate.fresh import Changed, StillSo, Stop, fresh_rung, in_words, proven
from nornir_hygiene.remediate.language import Loaded
from nornir_hygiene.remediate.locks import Locked, give_back, locked
from nornir_hygiene.remediate.past import Past
from nornir_hygiene.remediate.proof import await_gone, look_once
from nornir_hygiene.remediate.record import last_worked_on
from nornir_hygiene.remediate.steps import ENDS, Hand, Objection, Place, do_steps, no_objection, take_back_begun

# Between two things that have a time limit of their own.
_SLACK_S = 60


def apply_plan(plan: Plan, loaded: Loaded, hand: Hand) -> ApplyReport:
    """Every target of the plan is in the report. Raises nothing for what a host does or says."""
    started = datetime.now(UTC)
    results: list[TargetResult] = []
    for number, target in enumerate(plan.targets, start=1):
        failures = sum(result.failed for result in results)
        results.append(_one(target, f"{hand.run_id}-{number}", loaded.runbook, hand, failures))
    report = ApplyReport(
        run_id=hand.run_id,
        plan_id=plan.plan_id,
        runbook=plan.runbook,
        started_at=started,
        finished_at=datetime.now(UTC),
        results=tuple(results),
        escalate=_escalation(loaded.runbook, results),
    )
    hand.journal.append(hand.run_id, "run-ended", well=report.well, escalate=report.escalate)
    return report


def _escalation(runbook: Runbook, results: list[TargetResult]) -> str:
    """What is left for a person."""
    open_ = [result for result in results if result.end not in ("repaired", "healed")]
    if not open_:
        return ""
    then = f"; the next thing to think of is {runbook.otherwise}" if runbook.otherwise else ""
    return f"left for a person: {len(open_)} of {len(results)}{then}"


def _one(target: Target, prefix: str, runbook: Runbook, hand: Hand, failures: int) -> TargetResult:
    known = hand.past.target(target.key)
    if known is not None:
        if known.end != "left-alone" and not target.refused:
            give_back(target, prefix, hand)
        return known
    alone = _left_alone(target, failures, runbook) or _cooling(target, runbook, hand)
    return _written(target, alone, hand) if alone else _worked_on(target, prefix, runbook, hand)


def _written(target: Target, result: TargetResult, hand: Hand) -> TargetResult:
    hand.journal.append(
        hand.run_id, "target-ended", target=target.key, host=target.host, result=result.model_dump(mode="json")
    )
    return result


def _left_alone(target: Target, failures: int, runbook: Runbook) -> TargetResult | None:
    if failures >= runbook.limits.failures:
        why = f"{failures} targets failed before: a person looks first"
        return TargetResult(target=target.about, host=target.host, end="left-alone", why=why)
    if target.refused:
        return TargetResult(target=target.about, host=target.host, end="refused", why=in_words(target.refused))
    return None


def _cooling(target: Target, runbook: Runbook, hand: Hand) -> TargetResult | None:
    """What was tried a moment ago and is back already is not cured by trying it again."""
    earlier = (entry for entry in hand.journal.entries() if entry.run_id != hand.run_id)
    last = last_worked_on(earlier, target.key)
    since_s = (datetime.now(UTC) - last.at).total_seconds() if last else 0.0
    if last is None or since_s >= runbook.limits.cooldown_s:
        return None
    ended = last.body["result"]["end"]
    why = f"cooldown: {last.run_id} worked on it {since_s:.0f} s ago ({ended}); not again within "
    return TargetResult(target=target.about, host=target.host, end="refused", why=f"{why}{runbook.limits.cooldown_s} s")


def _worked_on(target: Target, prefix: str, runbook: Runbook, hand: Hand) -> TargetResult:
    """Its end is written down before the locks are given back: with these the hosts forget what they have done."""
    try:
        with _locks(target, prefix, hand):
            return _written(target, _climbed(target, prefix, runbook, hand), hand)
    except Locked as error:
        refused = TargetResult(target=target.about, host=target.host, end="refused", why=f"lock: {error}")
        return _written(target, refused, hand)


def _climbed(target: Target, prefix: str, runbook: Runbook, hand: Hand) -> TargetResult:
    rungs: list[RungResult] = []
    try:
        end, why = _climb(target, prefix, runbook, hand, rungs)
    except Stop as stop:
        end, why = stop.end, stop.why
        rungs += [stop.rung] if stop.rung else []
    return TargetResult(target=target.about, host=target.host, end=end, why=why, rungs=tuple(rungs))


def _locks(target: Target, prefix: str, hand: Hand) -> AbstractContextManager[None]:
    """On every host that something is done on, and in the Ceph cluster that is asked."""
    return locked(target, prefix, _longest_s(target), hand)


def _longest_s(target: Target) -> int:
    """After this the plan is dead, not slow."""
    steps = sum(step.timeout_s + _SLACK_S for rung in target.rungs for step in rung.steps)
    return steps + sum(rung.gone.within_s + rung.gone.stays_s + _SLACK_S for rung in target.rungs)


def _climb(target: Target, prefix: str, runbook: Runbook, hand: Hand, rungs: list[RungResult]) -> tuple[TargetEnd, str]:
    """Rung after rung, until the finding is gone."""
    for planned in target.rungs:
        place = Place(target.key, f"{prefix}.{planned.number}")
        known = hand.past.rung(target.key, planned.number)
        if known is None and _committed(planned, place, hand.past):
            known = _taken(planned, place, target, hand)
        if known is not None:  # what is gone now may be gone through a later rung
            rungs.append(known)
            if known.gone:
                return "repaired", ""
            continue
        begun = hand.past.begun(place.prefix)
        try:
            case = proven(target, runbook, hand)
            if case is None and not begun:
                return ("repaired", "") if rungs else ("healed", "it was gone before anything was done")
            if case is not None and not begun and not holds(runbook.rungs[planned.number - 1], case):
                continue
            rung = fresh_rung(target, planned, runbook, case) if case else _rest(planned, place, hand.past)
        except Changed as error:
            take_back_begun(hand, place, planned)
            return ("not-helped" if rungs else "refused"), f"fresh-evidence: {error}"
        except Stop:
            take_back_begun(hand, place, planned)
            raise
        objection = StillSo(target, planned, runbook, hand) if case else no_objection
        rungs.append(_taken(rung, place, target, hand, objection))
        if rungs[-1].gone:
            return "repaired", ""
    return "not-helped", rungs[-1].why_not if rungs else "no rung is for it any more"


def _committed(planned: PlannedRung, place: Place, past: Past) -> bool:
    """Whether it broke off behind a step after which half of it is worse than all of it."""
    return any(
        ACTIONS[step.action].commits and past.intended(f"{place.prefix}.{number}") is not None
        for number, step in enumerate(planned.steps, start=1)
    )


def _rest(planned: PlannedRung, place: Place, past: Past) -> PlannedRung:
    """Of a rung that broke off and whose finding is gone meanwhile: what was begun, and what only waits or looks.

    Nothing is disrupted any more for what is well; what was set up is taken back as ever.
    """
    steps = takewhile(
        lambda numbered: (
            past.intended(f"{place.prefix}.{numbered[0]}") is not None or ACTIONS[numbered[1].action].risk is Risk.SAFE
        ),
        enumerate(planned.steps, start=1),
    )
    return planned.model_copy(update={"steps": tuple(step for _, step in steps)})


def _taken(
    rung: PlannedRung, place: Place, target: Target, hand: Hand, objection: Objection = no_objection
) -> RungResult:
    """The rung's steps, and whether they helped. Raises Stop where a step ended it."""
    steps = do_steps(hand, place, rung, objection)
    result = RungResult(number=rung.number, name=rung.name, steps=steps)
    may_fail = {step.name for step in rung.steps if step.may_fail}
    for name, told in steps:
        if told.outcome == "unfit":
            return result.model_copy(update={"why_not": told.detail})
        if told.outcome in ENDS and not (told.outcome == "failed" and name in may_fail):
            raise Stop("refused" if told.outcome == "refused" else "failed", f"{name}: {told.detail}", result)
    # Where nothing was changed there is nothing to wait for: one look says how it is.
    changed = any(told.outcome == "changed" for _, told in steps)
    verdict = await_gone(target, hand.ground, rung.gone) if changed else look_once(target, hand.ground)
    result = result.model_copy(update={"gone": verdict.gone, "why_not": verdict.why_not})
    hand.journal.append(
        hand.run_id, "rung-ended", target=target.key, host=target.host, result=result.model_dump(mode="json")
    )
    return result
