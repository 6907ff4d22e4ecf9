"""What the journal says about runs: each one's end, and how often a runbook helped. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.journal import JournalEntry
from nornir_hygiene.models.plan import TargetResult


class RunLine(Frozen):
    """One run of a plan; `end` is "broken off" while no end was written: `nr resume` takes it up.

    "waits for a yes": `nr resume --confirmed` gives it.
    """

    run_id: str
    at: datetime
    who: str
    runbook: str
    end: Literal["well", "needs a person", "waits for a yes", "broken off"]
    targets: int


class Success(Frozen):
    """How often a runbook was tried on a kind, and how often the finding was gone afterwards."""

    kind: str
    runbook: str
    tried: int
    repaired: int


def runs(entries: Iterable[JournalEntry]) -> tuple[RunLine, ...]:
    """In the order in which they began."""
    found: dict[str, RunLine] = {}
    for entry in entries:
        if entry.event == "run-started":
            plan = entry.body["plan"]
            found[entry.run_id] = RunLine(
                run_id=entry.run_id,
                at=entry.at,
                who=entry.who,
                runbook=plan["runbook"],
                end="broken off",
                targets=len(plan["targets"]),
            )
        elif entry.event == "run-ended" and entry.run_id in found:
            end = "well" if entry.body["well"] else "needs a person"
            found[entry.run_id] = found[entry.run_id].model_copy(update={"end": end})
        elif entry.run_id in found:
            end = "waits for a yes" if entry.event == "waiting" else "broken off"
            found[entry.run_id] = found[entry.run_id].model_copy(update={"end": end})
    return tuple(found.values())


def successes(entries: Iterable[JournalEntry]) -> tuple[Success, ...]:
    """Only of targets something was done to: what was refused says nothing about the runbook."""
    tried: Counter[tuple[str, str]] = Counter()
    repaired: Counter[tuple[str, str]] = Counter()
    for kind, runbook, result in _ended(entries):
        if result.touched:
            tried[kind, runbook] += 1
            repaired[kind, runbook] += result.end == "repaired"
    return tuple(
        Success(kind=kind, runbook=runbook, tried=count, repaired=repaired[kind, runbook])
        for (kind, runbook), count in sorted(tried.items())
    )


def _ended(entries: Iterable[JournalEntry]) -> Iterator[tuple[str, str, TargetResult]]:
    plans: dict[str, dict[str, tuple[str, ...]]] = {}
    names: dict[str, str] = {}
    for entry in entries:
        if entry.event == "run-started":
            plan = entry.body["plan"]
            names[entry.run_id] = plan["runbook"]
            plans[entry.run_id] = {
                target["cause"] or ",".join(target["fingerprints"]): tuple(target["kinds"])
                for target in plan["targets"]
            }
        elif entry.event == "target-ended":
            result = TargetResult.model_validate(entry.body["result"])
            for kind in plans.get(entry.run_id, {}).get(entry.target, ()):
                yield kind, names[entry.run_id], result


def failures(entries: Iterable[JournalEntry], runbook: str) -> tuple[str, ...]:
    """The runs with targets it failed on, one each, since a person last closed its breaker."""
    failed: list[str] = []
    of_runs: set[str] = set()
    for entry in entries:
        if entry.event == "breaker-closed" and entry.body["runbook"] == runbook:
            failed.clear()
        elif entry.event == "run-started" and entry.body["plan"]["runbook"] == runbook:
            of_runs.add(entry.run_id)
        elif entry.event == "target-ended" and entry.run_id in of_runs:
            failed += [entry.run_id] if TargetResult.model_validate(entry.body["result"]).failed else []
    return tuple(failed)


def last_worked_on(entries: Iterable[JournalEntry], target: str) -> JournalEntry | None:
    """The last time something was done about the same problem, whatever came of it."""
    found = [entry for entry in entries if entry.event == "target-ended" and entry.target == target]
    return next((one for one in reversed(found) if TargetResult.model_validate(one.body["result"]).touched), None)
