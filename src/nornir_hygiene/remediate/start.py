"""Who begins a run, and what must hold before, told by the journal."""

import os
import pwd
import secrets
import socket
from datetime import datetime

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.models.runbook import Limits
from nornir_hygiene.remediate.approval import Approved
from nornir_hygiene.remediate.record import failures


def person() -> str:
    """Who is at work: the login behind sudo, where there is one, for root is nobody in particular; and the machine."""
    login = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    return f"{login or pwd.getpwuid(os.geteuid()).pw_name}@{socket.gethostname()}"


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


def refuse_if_open(journal: Journal, plan: Plan, limits: Limits) -> None:
    """A runbook that failed so often that a person has to look is not tried once more. Raises UsageError."""
    failed = failures(journal.entries(), plan.runbook)
    if len(failed) >= limits.failures:
        what = f"{plan.runbook} did not help {len(failed)} times, last in {failed[-1]}"
        raise UsageError(what, f"look why, then: nr runs close {plan.runbook}")


def plan_of(journal: Journal, run_id: str) -> Plan:
    """The plan of a run that has begun and not ended. Raises UsageError."""
    events = {entry.event: entry for entry in journal.entries(run_id)}
    if "run-started" not in events:
        raise UsageError(f"there is no run {run_id!r} in the journal", "nr runs shows all")
    if "run-ended" in events:
        raise UsageError(f"{run_id} came to its end", f"nr runs show {run_id}")
    return Plan.model_validate(events["run-started"].body["plan"])
