"""A run of a runbook, as its journal tells it at times of a story."""

from collections.abc import Mapping

from sqlalchemy import Engine, update

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.tables import journal_table
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.plan import Plan, Target, TargetEnd, TargetResult
from nornir_hygiene.models.runbook import Risk
from tests.history.stories import at


def run_of(
    store: Engine, begun: float, ends: Mapping[Finding, TargetEnd | None], *, runbook: str = "restart-owner"
) -> None:
    """One target for each finding; None: it never came to an end. What lies in the minutes after `begun` is its."""
    targets = tuple(_target(finding) for finding in ends)
    plan = Plan(
        plan_id=f"plan-{begun}",
        made_at=at(begun),
        expires_at=at(begun + 60),
        runbook=runbook,
        runbook_digest="0" * 64,
        risk=Risk.SAFE,
        from_run="run",
        inventory="here",
        selection="all hosts",
        targets=targets,
    )
    journal, run_id = Journal(store, "anna"), f"apply-{begun:07.1f}-{runbook}"
    journal.append(run_id, "run-started", plan=plan.model_dump(mode="json"), approved=None)
    for target, end in zip(targets, ends.values(), strict=True):
        if end:
            result = TargetResult(target=target.key, host=target.host, end=end)
            journal.append(run_id, "target-ended", target=target.key, result=result.model_dump(mode="json"))
    with store.begin() as connection:
        for event, minute in (("run-started", begun), ("target-ended", begun + 1)):
            which = (journal_table.c.run_id == run_id, journal_table.c.event == event)
            connection.execute(update(journal_table).where(*which).values(at=at(minute)))


def _target(finding: Finding) -> Target:
    return Target(
        host=finding.host,
        about=str(finding.subject),
        kinds=(finding.kind,),
        sufferers=(finding.host,),
        fingerprints=(finding.fingerprint,),
    )
