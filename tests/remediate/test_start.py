"""Before a run begins: the plan is new, the approval unused, the breaker closed; a run that broke off is found."""

from pathlib import Path
from typing import Any

import pytest

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import ActionResult, Outcome, Plan, RungResult, TargetEnd, TargetResult
from nornir_hygiene.models.runbook import Limits
from nornir_hygiene.remediate.approval import Approved
from nornir_hygiene.remediate.start import person, plan_of, refuse_if_open, refuse_if_used
from tests.remediate.stories import zombies

ONE = Limits(failures=1)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_store(tmp_path / "history.sqlite"), "anna@here")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return zombies().plan


def begun(journal: Journal, plan: Plan, run_id: str, **more: Any) -> None:
    journal.append(run_id, "run-started", plan=plan.model_dump(mode="json"), **{"approved": None, **more})


def ended(journal: Journal, run_id: str, end: TargetEnd, outcome: Outcome = "changed") -> None:
    rung = RungResult(number=1, name="remind", steps=(("remind", ActionResult(outcome=outcome, detail="")),))
    result = TargetResult(target="zombies", host="host-1", end=end, rungs=(rung,))
    journal.append(run_id, "target-ended", target="t", host="host-1", result=result.model_dump(mode="json"))


def test_a_plan_is_for_one_run(journal: Journal, plan: Plan) -> None:
    refuse_if_used(journal, plan, None)
    begun(journal, plan, "apply-1")
    with pytest.raises(UsageError, match="was applied already, by apply-1"):
        refuse_if_used(journal, plan, None)
    refuse_if_used(journal, plan.model_copy(update={"plan_id": "another"}), None)


def test_a_signature_is_for_one_run_whatever_the_plan_is_called(journal: Journal, plan: Plan) -> None:
    agreed = Approved(by="bert", signature="ab" * 32)
    begun(journal, plan, "apply-1", approved=agreed.model_dump(mode="json"))
    other = plan.model_copy(update={"plan_id": "another"})
    with pytest.raises(UsageError, match="was used by apply-1"):
        refuse_if_used(journal, other, agreed)
    refuse_if_used(journal, other, Approved(by="bert", signature="cd" * 32))


@pytest.mark.parametrize(
    ("end", "opens"), [("failed", True), ("not-helped", True), ("repaired", False), ("refused", False)]
)
def test_a_runbook_that_was_no_help_is_not_tried_again(
    journal: Journal, plan: Plan, end: TargetEnd, opens: bool
) -> None:
    begun(journal, plan, "apply-1")
    ended(journal, "apply-1", end)
    if not opens:
        refuse_if_open(journal, plan, ONE)
        return
    with pytest.raises(UsageError, match=r"did not help 1 times, last in apply-1\n.*nr runs close reap-zombies"):
        refuse_if_open(journal, plan, ONE)
    refuse_if_open(journal, plan, Limits(failures=2))


def test_a_runbook_that_only_looked_may_look_again(journal: Journal, plan: Plan) -> None:
    begun(journal, plan, "apply-1")
    ended(journal, "apply-1", "not-helped", "unchanged")
    refuse_if_open(journal, plan, ONE)


def test_only_a_person_closes_the_breaker_and_only_of_that_runbook(journal: Journal, plan: Plan) -> None:
    begun(journal, plan, "apply-1")
    ended(journal, "apply-1", "failed")
    begun(journal, plan, "apply-2")
    ended(journal, "apply-2", "repaired")  # a success proves nothing about the failure
    journal.append("", "breaker-closed", runbook="thaw")
    with pytest.raises(UsageError, match="did not help"):
        refuse_if_open(journal, plan, ONE)
    refuse_if_open(journal, plan.model_copy(update={"runbook": "thaw"}), ONE)
    journal.append("", "breaker-closed", runbook=plan.runbook)
    refuse_if_open(journal, plan, ONE)


def test_a_run_that_broke_off_has_its_plan_in_the_journal(journal: Journal, plan: Plan) -> None:
    begun(journal, plan, "apply-1")
    assert plan_of(journal, "apply-1") == plan
    with pytest.raises(UsageError, match="no run 'apply-2'"):
        plan_of(journal, "apply-2")
    journal.append("apply-1", "run-ended", well=True, escalate="")
    with pytest.raises(UsageError, match="came to its end"):
        plan_of(journal, "apply-1")


def test_behind_sudo_there_is_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "anna")
    assert person().startswith("anna@")
    monkeypatch.delenv("SUDO_USER")
    assert person().startswith("root@")
