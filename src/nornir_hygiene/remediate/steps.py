"""The steps of one rung, in order: intent written down, done once, outcome written down; taken back in any case."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nornir_hygiene.history.folder import evidence_folder, write_atomically
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.runs import file_name
from nornir_hygiene.models.plan import ActionResult, PlannedRung, PlannedStep
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.bind import checked_arguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.past import Past
from nornir_hygiene.remediate.perform import Order

# What ends a rung: the steps behind it rest on it.
ENDS = ("unfit", "refused", "failed", "unknown")
# Asked before each step that was not begun before: why it is not done any more, and with it the rest of the rung.
Objection = Callable[[PlannedStep], ActionResult | None]


@dataclass(frozen=True)
class Hand:
    """Who acts, on what ground, in which run; and what was done in it before."""

    run_id: str
    who: str
    ground: Ground
    journal: Journal
    past: Past
    say: Callable[[str], None]


class Waiting(Exception):  # noqa: N818  # the run stops here, in good order, until a person has said yes
    """`text`: what the person is asked. `told`: whose step it is, for the journal."""

    def __init__(self, text: str, told: dict[str, str]) -> None:
        super().__init__(text)
        self.text = text
        self.told = told


@dataclass(frozen=True)
class Place:
    """One rung of one target of a run: the beginning of the tokens of its steps."""

    target: str
    prefix: str


def no_objection(_: PlannedStep) -> ActionResult | None:
    """Of a rung that is only brought to its end."""
    return None


def do_steps(
    hand: Hand, place: Place, rung: PlannedRung, objection: Objection = no_objection
) -> tuple[tuple[str, ActionResult], ...]:
    """What came of each step, until one ended the rung. What a step set up is taken back, however it ends.

    Raises Waiting where a person has to say yes; that stands before anything is set up.
    """
    done: list[tuple[str, ActionResult]] = []
    taken_back: list[tuple[int, PlannedStep]] = []
    try:
        for number, step in enumerate(rung.steps, start=1):
            token = f"{place.prefix}.{number}"
            against = None if hand.past.intended(token) else objection(step)
            if against is not None:
                done.append((step.name, against))
                break
            if ACTIONS[step.action].undo:  # also of a step that seems to have failed: the host knows what it did
                taken_back.append((number, step))
            result = _do(hand, place, token, step)
            done.append((step.name, result))
            if ends(step, result):
                break
    finally:
        done += _take_back(hand, place, taken_back)
    return tuple(done)


def take_back_begun(hand: Hand, place: Place, rung: PlannedRung) -> None:
    """What a rung had set up that broke off, and that nobody goes on with: what speaks against it came up since."""
    tokens = ((number, f"{place.prefix}.{number}") for number in range(1, len(rung.steps) + 1))
    begun = [(number, step) for number, token in tokens if (step := hand.past.intended(token))]
    for _ in _take_back(hand, place, [(number, step) for number, step in begun if ACTIONS[step.action].undo]):
        pass


def ends(step: PlannedStep, result: ActionResult) -> bool:
    """Whether what came of a step ends its rung."""
    return result.outcome in ENDS and not (step.may_fail and result.outcome == "failed")


def _take_back(hand: Hand, place: Place, steps: list[tuple[int, PlannedStep]]) -> Iterator[tuple[str, ActionResult]]:
    for number, step in reversed(steps):
        undo = ACTIONS[step.action].undo or ""
        arguments = checked_arguments(undo, dict(step.arguments))
        back = step.model_copy(
            update={"name": f"take back: {step.name}", "action": undo, "says": ACTIONS[undo].says(arguments)}
        )
        yield back.name, _do(hand, place, f"{place.prefix}.{number}u", back)


def _do(hand: Hand, place: Place, token: str, step: PlannedStep) -> ActionResult:
    known = hand.past.ended(token)
    if known is not None:
        return known
    step = hand.past.intended(token) or step
    if ACTIONS[step.action].by_a_person:
        raise _asked(hand, place, token, step)
    told = {"target": place.target, "host": step.host, "token": token}
    hand.journal.append(hand.run_id, "step-intended", **told, step=step.model_dump(mode="json"))
    hand.say(f"{step.host}: {step.says}")
    action = ACTIONS[step.action]
    order = Order(action, checked_arguments(step.action, dict(step.arguments)), token, hand.who, step.timeout_s)
    performed = hand.ground.perform(step.host, order)
    _keep(hand.run_id, step.host, performed.evidence)
    hand.journal.append(hand.run_id, "step-ended", **told, result=performed.result.model_dump(mode="json"))
    hand.say(f"{step.host}: {performed.result.outcome}: {performed.result.detail}")
    return performed.result


def _asked(hand: Hand, place: Place, token: str, step: PlannedStep) -> Waiting:
    """Nothing is intended by it, so that a finding that is gone when the run goes on needs nobody's yes any more."""
    told = {"target": place.target, "host": step.host, "token": token}
    hand.journal.append(hand.run_id, "waiting", **told, step=step.model_dump(mode="json"))
    return Waiting(step.says, told)


def confirm(journal: Journal, run_id: str, who: str, told: dict[str, str]) -> None:
    """Somebody has said yes."""
    result = ActionResult(outcome="unchanged", detail=f"confirmed by {who}")
    journal.append(run_id, "step-ended", **told, result=result.model_dump(mode="json"))


def _keep(run_id: str, host: str, texts: dict[str, str]) -> Path | None:
    folder = evidence_folder() / run_id / file_name(host)
    for name, text in texts.items():
        write_atomically(folder / f"{file_name(name)}.txt", text.encode("utf-8", "backslashreplace"))
    return folder if texts else None
