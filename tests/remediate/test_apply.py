"""A plan carried out on a played ground with a real journal: proven, guarded, locked, done, verified."""

from dataclasses import replace
from pathlib import Path

import pytest

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import ApplyReport, Outcome, TargetResult
from nornir_hygiene.remediate.record import failures, last_worked_on, runs, successes
from tests.diagnose.clusters import recorded
from tests.remediate.played import RUN_ID, Done, PlayedGround, PlayedTime, carried_out, play_time
from tests.remediate.problems import CLEAN, FROZEN, ZOMBIES_OF_A_CATCHER, absent, audit, loaded, planned, seen
from tests.remediate.stories import Story, heals, now, osd, says, zombies

OSD_STEPS = ["check-osd", "hold-osd", "restart-osd", "await-osd", "release-osd"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlayedTime:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return play_time(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_store(tmp_path / "history.sqlite"), "anna@here")


def applied(story: Story, journal: Journal) -> ApplyReport:
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)
    return carried_out(story.plan, story.loaded, story.ground, journal)


def the_result(story: Story, journal: Journal) -> TargetResult:
    (result,) = applied(story, journal).results
    assert story.ground.locked_by == {}
    return result


def events(journal: Journal) -> list[str]:
    return [entry.event for entry in journal.entries(RUN_ID)]


def test_one_step_that_helps_repairs(journal: Journal) -> None:
    story = zombies({"signal": heals("host-1")})
    report = applied(story, journal)
    (result,) = report.results
    assert (result.end, [rung.name for rung in result.rungs]) == ("repaired", ["remind the parent"])
    assert (report.well, report.escalate) == (True, "")
    assert story.ground.done == [Done("host-1", "signal", "apply-1-1.1.1")]
    assert events(journal) == ["run-started", "step-intended", "step-ended", "rung-ended", "target-ended", "run-ended"]
    assert [run.end for run in runs(journal.entries())] == ["well"]


def test_who_only_looks_looks_at_all_of_them_and_again_and_stands_in_nobodys_way(
    journal: Journal, clock: PlayedTime
) -> None:
    shown = {host: seen(host, FROZEN) for host in ("host-1", "host-2")}
    plan = planned("collect-evidence", audit(*shown.values()))
    ground = PlayedGround(shown, answers={"collect-evidence": says("unchanged")})
    story = Story(loaded("collect-evidence"), ground, plan)
    begun = clock.now
    report = applied(story, journal)
    assert clock.now == begun  # where nothing was changed there is nothing to wait for
    assert [(result.end, len(result.rungs)) for result in report.results] == [("not-helped", 1)] * 2
    entries = tuple(journal.entries())
    assert (failures(entries, "collect-evidence"), successes(entries)) == ((), ())
    assert [last_worked_on(entries, target.key) for target in plan.targets] == [None, None]


def test_the_next_rung_is_taken_only_when_the_one_before_did_not_help(journal: Journal) -> None:
    story = zombies({"restart-owner": heals("host-1")})
    result = the_result(story, journal)
    assert (result.end, [rung.number for rung in result.rungs]) == ("repaired", [1, 2])
    assert [rung.gone for rung in result.rungs] == [False, True]
    assert "does not reap" in result.rungs[0].why_not
    assert story.ground.actions() == ["signal", "restart-owner"]


def test_when_all_was_in_vain_it_says_so_and_what_to_think_of(journal: Journal) -> None:
    story = zombies()
    report = applied(story, journal)
    (result,) = report.results
    assert (result.end, [rung.number for rung in result.rungs]) == ("not-helped", [1, 2, 3, 4])
    assert "does not reap" in result.why
    assert "1 of 1" in report.escalate
    assert successes(journal.entries())[0].model_dump() == {
        "kind": "zombie-parent-not-waiting", "runbook": "reap-zombies", "tried": 1, "repaired": 0,
    }  # fmt: skip


def test_what_was_gone_before_is_healed_and_left_alone(journal: Journal) -> None:
    story = zombies()
    heals("host-1")(story.ground)
    result = the_result(story, journal)
    assert (result.end, story.ground.done) == ("healed", [])


def test_a_host_that_is_not_seen_now_is_not_acted_on(journal: Journal) -> None:
    story = zombies()
    story.ground.shown["host-1"] = absent("host-1")
    result = the_result(story, journal)
    assert (result.end, story.ground.done) == ("refused", [])
    assert result.why == "fresh-evidence: host-1 was not observed: deadline"


def test_another_process_under_the_same_name_is_not_acted_on(journal: Journal) -> None:
    story = zombies()
    story.ground.shown["host-1"] = seen("host-1", ZOMBIES_OF_A_CATCHER.replace("looked", "looked start=9999"))
    result = the_result(story, journal)
    assert (result.end, story.ground.done) == ("refused", [])
    assert "it came back" in result.why


def test_a_guard_that_speaks_on_fresh_evidence_refuses(journal: Journal) -> None:
    story = osd()
    story.ground.views = recorded("mon-stopped")
    result = the_result(story, journal)
    assert (result.end, story.ground.done) == ("refused", [])
    assert "cause-established: the cause is not established" in result.why


def test_a_target_the_plan_refused_is_not_even_looked_at(journal: Journal) -> None:
    story = zombies(hosts=("host-1", "host-2", "host-3", "host-4"))
    story.ground.answers["signal"] = heals("host-1", "host-2", "host-3", "host-4")
    ends = [(result.end, result.why) for result in applied(story, journal).results]
    assert ends[0][0] == "repaired"
    assert ends[3] == ("refused", "hosts-limit: one plan acts on at most 3 hosts")


def test_arguments_are_those_of_the_fresh_evidence(journal: Journal) -> None:
    """On a parent that blocks SIGCHLD by now, the reminder is left out."""
    story = zombies({"restart-owner": heals("host-1")})
    story.ground.shown["host-1"] = seen("host-1", ZOMBIES_OF_A_CATCHER.replace("sigcgt=10000", "sigcgt=0"))
    result = the_result(story, journal)
    assert (result.end, [rung.number for rung in result.rungs]) == ("repaired", [2])
    assert story.ground.actions() == ["restart-owner"]


def test_an_osd_that_moved_to_another_host_is_not_acted_on(journal: Journal) -> None:
    story = osd()
    (target,) = story.plan.targets
    story.plan = story.plan.model_copy(update={"targets": (target.model_copy(update={"host": "ceph-3"}),)})
    result = the_result(story, journal)
    assert (result.end, result.why) == ("refused", "fresh-evidence: it is ceph-2 now, and the plan says ceph-3")


@pytest.mark.parametrize(("outcome", "end"), [("failed", "failed"), ("unknown", "failed"), ("refused", "refused")])
def test_a_step_that_did_not_go_well_ends_the_target(journal: Journal, outcome: Outcome, end: str) -> None:
    story = zombies({"signal": says(outcome)})
    result = the_result(story, journal)
    assert (result.end, result.why) == (end, f"remind: signal: {outcome}")
    assert story.ground.actions() == ["signal"]
    assert len(result.rungs) == 1


def test_a_rung_that_does_not_fit_is_passed_over(journal: Journal) -> None:
    """A parent that no service of systemd owns."""
    story = zombies({"restart-owner": says("unfit")})
    result = the_result(story, journal)
    assert (result.end, [rung.number for rung in result.rungs]) == ("not-helped", [1, 2, 3, 4])
    assert result.rungs[1].why_not == "restart-owner: unfit"
    assert story.ground.actions() == ["signal", "restart-owner", "signal", "signal"]


def test_steps_are_done_in_order_and_what_was_set_up_is_taken_back(journal: Journal) -> None:
    story = osd()
    result = the_result(story, journal)
    assert (result.end, story.ground.actions()) == ("repaired", OSD_STEPS)
    assert [done.host for done in story.ground.done] == ["ceph-1", "ceph-1", "ceph-2", "ceph-1", "ceph-1"]
    assert [name for name, _ in result.rungs[0].steps][-1] == "take back: hold its place"


@pytest.mark.parametrize("outcome", ["refused", "failed", "unknown"])
@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("check-osd", ["check-osd"]),
        ("hold-osd", ["check-osd", "hold-osd", "release-osd"]),
        ("restart-osd", ["check-osd", "hold-osd", "restart-osd", "release-osd"]),
        ("await-osd", OSD_STEPS),
    ],
)
def test_it_is_taken_back_also_when_a_later_step_fails(
    journal: Journal, action: str, done: list[str], outcome: Outcome
) -> None:
    story = osd({action: says(outcome)})
    result = the_result(story, journal)
    assert (result.end, story.ground.actions()) == ("refused" if outcome == "refused" else "failed", done)


def test_a_stopped_osd_is_continued_and_nothing_else(journal: Journal) -> None:
    story = osd(state="stopped")
    assert (the_result(story, journal).end, story.ground.actions()) == ("repaired", ["continue-osd"])


def test_after_the_failures_it_allows_the_rest_is_left_alone(journal: Journal) -> None:
    story = zombies({"signal": says("failed")}, ("host-1", "host-2", "host-3"))
    report = applied(story, journal)
    assert [result.end for result in report.results] == ["failed", "left-alone", "left-alone"]
    assert [done.host for done in story.ground.done] == ["host-1"]
    assert (report.well, "3 of 3" in report.escalate) == (False, True)


def test_a_refusal_is_no_failure(journal: Journal) -> None:
    story = zombies({"signal": says("refused")}, ("host-1", "host-2"))
    assert [result.end for result in applied(story, journal).results] == ["refused", "refused"]


def test_a_host_locked_by_another_run_is_left_to_it(journal: Journal) -> None:
    story = zombies()
    story.ground.locked_by["host-1"] = "apply-of-bert-1"
    (result,) = applied(story, journal).results
    assert (result.end, result.why) == ("refused", "lock: host-1: host is locked by apply-of-bert-1")
    assert (story.ground.done, story.ground.locked_by) == ([], {"host-1": "apply-of-bert-1"})


def test_of_two_locks_none_is_kept_where_one_is_not_to_be_had(journal: Journal) -> None:
    story = osd()
    story.ground.locked_by["ceph-2"] = "apply-of-bert-1"
    (result,) = applied(story, journal).results
    assert (result.end, story.ground.done) == ("refused", [])
    assert story.ground.locked_by == {"ceph-2": "apply-of-bert-1"}


def test_a_cluster_locked_by_another_run_is_left_to_it(journal: Journal) -> None:
    story = osd()
    story.ground.locked_by["the cluster"] = "apply-of-bert-1"
    (result,) = applied(story, journal).results
    assert (result.end, result.why) == ("refused", "lock: ceph-1: the Ceph cluster is locked by apply-of-bert-1")
    assert (story.ground.done, story.ground.locked_by) == ([], {"the cluster": "apply-of-bert-1"})


def test_who_asks_no_cluster_locks_none(journal: Journal) -> None:
    story = osd(state="stopped")
    story.ground.locked_by["the cluster"] = "apply-of-bert-1"
    (result,) = applied(story, journal).results
    assert (result.end, story.ground.actions()) == ("repaired", ["continue-osd"])


def test_the_lock_is_held_while_something_is_done(journal: Journal) -> None:
    held: list[dict[str, str]] = []

    def restart(ground: PlayedGround) -> Outcome:
        held.append(dict(ground.locked_by))
        return heals("worker-1", "worker-2")(ground)

    the_result(osd({"restart-osd": restart}), journal)
    assert held == [dict.fromkeys(("ceph-1", "ceph-2", "the cluster"), "apply-1-1")]


def test_a_rung_that_may_take_a_day_can_be_locked_for(journal: Journal) -> None:
    story = zombies({"signal": heals("host-1")})
    book = story.loaded.runbook
    slow = book.rungs[0].model_copy(update={"gone": book.rungs[0].gone.model_copy(update={"within_s": 86400})})
    (target,) = story.plan.targets
    rungs = (target.rungs[0].model_copy(update={"gone": slow.gone}), *target.rungs[1:])
    story.plan = story.plan.model_copy(update={"targets": (target.model_copy(update={"rungs": rungs}),)})
    assert the_result(story, journal).end == "repaired"


def test_what_comes_back_in_another_process_is_not_repaired(journal: Journal) -> None:
    def restart(ground: PlayedGround) -> Outcome:
        ground.shown["host-1"] = seen("host-1", ZOMBIES_OF_A_CATCHER.replace("looked", "looked start=9999"))
        return "changed"

    story = zombies({"restart-owner": restart})
    result = the_result(story, journal)
    assert (result.end, story.ground.actions()) == ("not-helped", ["signal", "restart-owner"])
    assert "it came back" in result.why


def test_what_was_worked_on_a_moment_ago_is_left_alone_for_a_while(journal: Journal) -> None:
    result = the_result(zombies(), journal).model_dump(mode="json")
    (target,) = zombies().plan.targets
    journal.append("apply-0", "target-ended", target=target.key, host=target.host, result=result)
    again = zombies({"signal": heals("host-1")})
    (refused,) = carried_out(again.plan, again.loaded, again.ground, journal, "apply-2").results
    assert (refused.end, again.ground.done) == ("refused", [])
    assert refused.why.startswith("cooldown: apply-0 worked on it 0 s ago (not-helped)")
    at_once = again.loaded.runbook.limits.model_copy(update={"cooldown_s": 0})
    hasty = replace(again.loaded, runbook=again.loaded.runbook.model_copy(update={"limits": at_once}))
    (repaired,) = carried_out(again.plan, hasty, again.ground, journal, "apply-3").results
    assert repaired.end == "repaired"


def test_a_plan_without_targets_ends_well(journal: Journal) -> None:
    story = zombies()
    heals("host-1")(story.ground)
    empty = Story(loaded("reap-zombies"), story.ground, planned("reap-zombies", now(story)))
    assert (applied(empty, journal).results, events(journal)[-1]) == ((), "run-ended")
    assert story.ground.shown["host-1"] == seen("host-1", CLEAN)
