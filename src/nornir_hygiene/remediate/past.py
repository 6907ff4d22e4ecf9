"""What the journal of a run knows already, for whoever takes it up again."""

from collections.abc import Iterable

from nornir_hygiene.models.journal import JournalEntry
from nornir_hygiene.models.plan import ActionResult, PlannedStep, RungResult, TargetResult


class Past:
    """Empty for a run that begins now."""

    def __init__(self, entries: Iterable[JournalEntry] = ()) -> None:
        self._intended: dict[str, PlannedStep] = {}
        self._ended: dict[str, ActionResult] = {}
        self._rungs: dict[tuple[str, int], RungResult] = {}
        self._targets: dict[str, TargetResult] = {}
        for entry in entries:
            if entry.event == "step-intended":
                self._intended[entry.token] = PlannedStep.model_validate(entry.body["step"])
            elif entry.event == "step-ended":
                self._ended[entry.token] = ActionResult.model_validate(entry.body["result"])
            elif entry.event == "rung-ended":
                rung = RungResult.model_validate(entry.body["result"])
                self._rungs[entry.target, rung.number] = rung
            elif entry.event == "target-ended":
                self._targets[entry.target] = TargetResult.model_validate(entry.body["result"])

    def target(self, key: str) -> TargetResult | None:
        """How it ended, if it has."""
        return self._targets.get(key)

    def rung(self, key: str, number: int) -> RungResult | None:
        """What came of a rung of it, if it was seen to its end."""
        return self._rungs.get((key, number))

    def intended(self, token: str) -> PlannedStep | None:
        """The step exactly as it was to be done, if it came so far."""
        return self._intended.get(token)

    def ended(self, token: str) -> ActionResult | None:
        """What came of a step; an `unknown` is no end: the host is asked again."""
        result = self._ended.get(token)
        return None if result is None or result.outcome == "unknown" else result

    def begun(self, prefix: str) -> bool:
        """Whether any step of a rung was intended."""
        return any(token.startswith(f"{prefix}.") for token in self._intended)
