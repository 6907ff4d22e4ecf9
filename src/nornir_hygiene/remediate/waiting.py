"""A run that waits for a person: where it stands, and its report so far."""

from datetime import UTC, datetime

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.models.plan import ApplyReport, Plan, Target, TargetResult
from nornir_hygiene.remediate.past import Past
from nornir_hygiene.remediate.steps import Waiting


def waits_at(journal: Journal, run_id: str) -> Waiting | None:
    """The step the run waits at, if nobody has said yes to it yet."""
    waiting: Waiting | None = None
    for entry in journal.entries(run_id):
        if entry.event == "waiting":
            told = {"target": entry.target, "host": entry.host, "token": entry.token}
            waiting = Waiting(entry.body["step"]["says"], told)
        elif waiting and entry.event == "step-ended" and entry.token == waiting.told["token"]:
            waiting = None
    return waiting


def report_so_far(plan: Plan, run_id: str, journal: Journal, waiting: Waiting) -> ApplyReport:
    """What is done is told as it ended; the rest was not begun, for the run goes on from here."""
    entries = tuple(journal.entries(run_id))
    past = Past(entries)
    return ApplyReport(
        run_id=run_id,
        plan_id=plan.plan_id,
        runbook=plan.runbook,
        started_at=entries[0].at,
        finished_at=datetime.now(UTC),
        results=tuple(past.target(target.key) or _waits(target, waiting) for target in plan.targets),
        escalate=f"a person has to look, and then: nr resume {run_id} --confirmed",
    )


def _waits(target: Target, waiting: Waiting) -> TargetResult:
    here = target.key == waiting.told["target"]
    why = waiting.text if here else "not yet: the run waits before that"
    return TargetResult(target=target.about, host=target.host, end="waiting", why=why)
