"""Rungs of a runbook bound to one case: exact steps with whole arguments, or the reason why not."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import Argument, PlannedRung, PlannedStep, Refusal
from nornir_hygiene.models.runbook import Given, Runbook, Rung, Step, Word
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.case import Case
from nornir_hygiene.remediate.clients import rbd_clients
from nornir_hygiene.remediate.values import VALUES, is_name

_SIGCHLD = "SIGCHLD in the parent"


class Unbound(Exception):  # noqa: N818  # a step that cannot be made out of this case
    """What the finding does not tell, or tells in a form the action does not take."""


def bound_rungs(runbook: Runbook, case: Case) -> tuple[tuple[PlannedRung, ...], Refusal | None]:
    """All rungs whose condition holds; a refusal if one cannot be bound, or none is left."""
    rungs: list[PlannedRung] = []
    for number, rung in enumerate(runbook.rungs, start=1):
        if not holds(rung, case):
            continue
        try:
            rungs.append(bound(rung, number, case))
        except Unbound as error:
            return tuple(rungs), Refusal(guard="bindable", why=f"{rung.name}: {error}")
    if not rungs:
        return (), Refusal(guard="bindable", why="no rung of the runbook is for a case like this")
    return tuple(rungs), None


def bound(rung: Rung, number: int, case: Case) -> PlannedRung:
    """Raises Unbound."""
    steps = tuple(_bound_step(step, case) for step in rung.steps if applies(step, case))
    return PlannedRung(number=number, name=rung.name, steps=steps, gone=rung.gone)


def holds(rung: Rung, case: Case) -> bool:
    """Whether the rung's condition holds; what is not told holds no condition."""
    if rung.when.sick and (case.cause is None or case.cause.sick not in rung.when.sick):
        return False
    return not rung.when.sigchld or any(told in rung.when.sigchld for told in _sigchld(case))


def applies(step: Step, case: Case) -> bool:
    """Whether the step is one for a host like this."""
    traits = {"rbd": bool(rbd_clients(case)), "kubernetes": bool(case.kubernetes)}
    return all(traits[trait] for trait in step.only_if)


def _sigchld(case: Case) -> Iterator[str]:
    for finding in case.findings:
        yield from (fact.value for fact in finding.evidence.facts if fact.name == _SIGCHLD)


def _bound_step(step: Step, case: Case) -> PlannedStep:
    given = {name: _value(each, case) for name, each in step.with_.items()}
    arguments = checked_arguments(step.do, given)
    return PlannedStep(
        name=step.name,
        action=step.do,
        host=case.place(step.at),
        arguments={
            name: value for name in type(arguments).model_fields if (value := getattr(arguments, name)) is not None
        },
        says=ACTIONS[step.do].says(arguments),
        timeout_s=step.timeout_s,
        may_fail=step.may_fail,
    )


def checked_arguments(action: str, given: dict[str, Any]) -> Frozen:
    """The action's own model of its arguments. Raises Unbound."""
    try:
        return ACTIONS[action].arguments.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Unbound(f"{action} cannot take this {where}: {first['msg']}") from None


def _value(given: Given, case: Case) -> Argument:
    if isinstance(given, dict):
        return {name: _word(word, case) for name, word in given.items()}
    if isinstance(given, tuple):
        return tuple(_argument(word, given[:number], case) for number, word in enumerate(given))
    return _taken(str(given), case) if is_name(given) else given


def _argument(word: Word, before: tuple[Word, ...], case: Case) -> Word:
    """One of a program's. What a stranger called something must not become one of its options."""
    value = _word(word, case)
    if is_name(word) and str(value).startswith("-") and "--" not in before:
        raise Unbound(f"{word} is {value!r} here, which the program would take for an option: write -- before it")
    return value


def _word(word: Word, case: Case) -> Word:
    value = _taken(str(word), case) if is_name(word) else word
    if not isinstance(value, str | int):
        raise Unbound(f"{word} is no word")
    return value


def _taken(name: str, case: Case) -> Argument:
    value = VALUES[name]
    found = value.take(case)
    if found is None:
        raise Unbound(f"the finding does not tell {name} ({value.about})")
    return found
