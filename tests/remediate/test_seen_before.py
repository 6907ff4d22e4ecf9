"""Orphans are ended only if two audits that lie apart saw the same ones, by identity."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.earlier import earlier_runs
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.models.plan import Plan, Target
from nornir_hygiene.models.policy import Approvals, Policy
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.remediate.approval import approved
from nornir_hygiene.remediate.case import cases, same_case
from nornir_hygiene.remediate.guards import refusals
from nornir_hygiene.remediate.plan import Frame, make_plan
from nornir_hygiene.remediate.seen_before import NAME, window
from nornir_hygiene.report.json import render
from nornir_hygiene.report.plans import plan_lines
from tests.remediate.problems import CLEAN, WHEN, audit, loaded, planned, runbook, seen

BOOK = "terminate-orphans"


def leak(pids: range, where: str = "/system.slice/kuryr.service") -> str:
    orphans = "\n".join(f"{pid} 1 S kuryr-worker pipe_read sid=650 cg={where}" for pid in pids)
    return f"600 1 Ss kuryr-daemon do_epoll_wait looked cg={where}\n{orphans}"


def ago(seconds: float, text: str, host: str = "host-1") -> AuditReport:
    """The audit of that time."""
    ended = WHEN - timedelta(seconds=seconds)
    run_id = f"{ended:%Y%m%dT%H%M%SZ}-0a0a0a"
    return audit(seen(host, text)).model_copy(update={"run_id": run_id, "started_at": ended, "finished_at": ended})


def target(*earlier: AuditReport, now: str = leak(range(701, 711))) -> Target:
    report = audit(seen("host-1", now))
    (found,) = make_plan(loaded(BOOK), report, Frame(made_at=WHEN, inventory=""), earlier).targets
    return found


def against(found: Target) -> set[str]:
    return {refusal.guard for refusal in found.refused}


def pids(processes: object) -> list[int]:
    assert isinstance(processes, tuple)
    assert all(isinstance(process, ProcessIdentity) for process in processes)
    return [process.pid for process in processes]


def test_only_those_of_both_audits_are_planned() -> None:
    found = target(ago(700, leak(range(705, 720))))
    assert found.refused == ()
    for rung, name in zip(found.rungs, ("TERM", "KILL"), strict=True):
        (step,) = rung.steps
        assert pids(step.arguments["processes"]) == [705, 706, 707, 708, 709, 710]
        assert (step.arguments["service"], step.arguments["signal"]) == ("kuryr.service", name)


def test_the_plan_says_which_audit_it_rests_on_and_keeps_it() -> None:
    earlier = ago(700, leak(range(705, 720)))
    report = audit(seen("host-1", leak(range(701, 711))))
    plan = make_plan(loaded(BOOK), report, Frame(made_at=WHEN, inventory=""), [earlier])
    said = f"    seen before: 6 of the same processes in {earlier.run_id}, at 2026-11-22 02:48:20Z"
    assert said in list(plan_lines(plan))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_what_was_seen_once_is_left_alone() -> None:
    assert against(target()) == {NAME, "bindable"}


@pytest.mark.parametrize(
    ("seconds", "counts"), [(1, False), (599, False), (600, True), (7 * 86400, True), (7 * 86400 + 1, False)]
)
def test_the_two_audits_lie_apart_and_not_too_far(seconds: int, counts: bool) -> None:
    assert (against(target(ago(seconds, leak(range(701, 711))))) == set()) is counts


def test_the_newest_that_counts_is_taken() -> None:
    reports = [ago(seconds, leak(range(701, 711))) for seconds in (60, 700, 5000)]
    before = target(*reports).before
    assert before
    assert before.run_id == reports[1].run_id


def test_another_host_service_boot_or_start_is_not_the_same() -> None:
    now = leak(range(701, 711))
    other_start = now.replace("sid=650", "sid=650 start=9999")
    for earlier in (
        ago(700, now, host="host-2"),
        ago(700, leak(range(701, 711), "/system.slice/neutron.service")),
        AuditReport.model_validate_json(render(ago(700, now)).replace("b0071d", "another-boot")),
        ago(700, other_start),
        ago(700, leak(range(801, 811))),
        ago(700, CLEAN),
    ):
        assert NAME in against(target(earlier, now=now))


def test_no_login_and_no_container_is_planned() -> None:
    login = "/user.slice/user-1000.slice/session-3.scope"
    text = leak(range(701, 711), login).partition("\n")[2]
    found = target(ago(700, text), now=text)
    assert against(found) == {"bindable"}
    assert "a login or a container is none" in found.refused[0].why
    pod = f"/docker/{'4f' * 32}"
    assert "not-in-a-container" in against(target(ago(700, leak(range(701, 711), pod)), now=leak(range(701, 711), pod)))


def test_on_fresh_evidence_nobody_is_added_and_the_gone_are_left_out() -> None:
    """What is younger than the plan, or was not in it, is not ended by it."""
    found = target(ago(700, leak(range(705, 720))))
    fresh = audit(seen("host-1", leak(range(708, 730))))
    case = same_case(runbook(BOOK), fresh, (found.key,), found.before)
    assert case
    assert pids(case.seen_twice) == [708, 709, 710]
    assert refusals(case, runbook(BOOK)) == ()
    younger = same_case(runbook(BOOK), audit(seen("host-1", leak(range(711, 730)))), (found.key,), found.before)
    assert younger
    assert [refusal.guard for refusal in refusals(younger, runbook(BOOK))] == [NAME]
    without = same_case(runbook(BOOK), fresh, (found.key,))
    assert without
    assert [refusal.guard for refusal in refusals(without, runbook(BOOK))] == [NAME]


def test_two_hundred_of_a_thousand_are_the_same_ones_in_the_next_audit() -> None:
    many = leak(range(1001, 2001))
    found = target(ago(700, many), now=many + "\n" + leak(range(2001, 2050)).partition("\n")[2])
    assert pids(found.rungs[0].steps[0].arguments["processes"]) == list(range(1001, 1201))


def test_a_runbook_that_does_not_ask_for_two_never_looks_back() -> None:
    def never() -> AuditReport:
        raise AssertionError

    report = audit(seen("host-1", leak(range(701, 711))))
    plan = make_plan(loaded("restart-owner"), report, Frame(made_at=WHEN, inventory=""), (never() for _ in "x"))
    (found,) = plan.targets
    assert (found.before, found.refused) == (None, ())
    assert found.rungs[0].steps[0].arguments == {
        "process": ProcessIdentity(boot_id="b0071d", pid=701, start_ticks=7010)
    }


def test_without_a_policy_a_second_person_has_to_sign(tmp_path: Path) -> None:
    plan = planned(BOOK, audit(seen("host-1", leak(range(701, 711)))))
    assert plan.risk == "destructive"
    with pytest.raises(UsageError, match="nobody can approve"):
        approved(plan, Policy(), tmp_path / "plan.json", "anna@here")
    alone = Policy(approval=Approvals(destructive="none"))
    assert approved(plan, alone, tmp_path / "plan.json", "anna@here") is None


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[AuditReport]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    reports = [ago(seconds, leak(range(701, 711))) for seconds in (60, 600, 700, 5000, 8 * 86400)]
    for report in (*reports, ago(900, CLEAN)):
        save_run(report.run_id, render(report).encode())
    save_run("20261122T024500Z-broken", b'{"' + reports[0].hosts[0].findings[0].fingerprint.encode())
    save_run("notes", b"")
    return reports


def test_saved_audits_of_the_time_with_the_finding_come_newest_first(kept: list[AuditReport]) -> None:
    report = audit(seen("host-1", leak(range(701, 711))))
    (case,) = cases(runbook(BOOK), report)
    found = list(earlier_runs(*window(report, runbook(BOOK)), {case.key}))
    assert [each.run_id for each in found] == [each.run_id for each in kept[1:4]]
    assert list(earlier_runs(datetime(2000, 1, 1, tzinfo=UTC), WHEN, {"0" * 16})) == []
