"""What must hold before a run begins, told by the journal."""

import secrets
from datetime import datetime

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.remediate.approval import Approved


def new_apply_id(now: datetime) -> str:
    """Sorts by time: `apply-20261122T031500Z-9f3c1a`."""
    return f"apply-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def refuse_if_used(journal: Journal, plan: Plan, agreed: Approved | None) -> None:
    """A signature is good for one run, and a plan for one run: its evidence was. Raises UsageError."""
    for entry in journal.entries():
        if entry.event != "run-started":
            continue
        approval = entry.body.get("approved") or {}
        if agreed and approval.get("signature") == agreed.signature:
            raise UsageError(f"the approval of {plan.plan_id} was used by {entry.run_id}", "make a new plan")
        if (entry.body.get("plan") or {}).get("plan_id") == plan.plan_id:
            hint = f"nr resume {entry.run_id} takes it up again if it broke off; else make a new plan"
            raise UsageError(f"{plan.plan_id} was applied already, by {entry.run_id}", hint)


def plan_of(journal: Journal, run_id: str) -> Plan:
    """The plan of a run that has begun and not ended. Raises UsageError."""
    events = {entry.event: entry for entry in journal.entries(run_id)}
    if "run-started" not in events:
        raise UsageError(f"there is no run {run_id!r} in the journal", "nr runs shows all")
    if "run-ended" in events:
        raise UsageError(f"{run_id} came to its end", f"nr runs show {run_id}")
    return Plan.model_validate(events["run-started"].body["plan"])
