"""A run that waits for a person: it stops in good order, and goes on with fresh evidence after a yes."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nornir_hygiene.cli.apply import _says_yes
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import ApplyReport
from nornir_hygiene.models.runbook import Rung, Step
from nornir_hygiene.remediate.plan import Frame, make_plan
from nornir_hygiene.remediate.record import runs
from nornir_hygiene.remediate.steps import Waiting, confirm
from nornir_hygiene.remediate.waiting import report_so_far, waits_at
from tests.remediate.played import RUN_ID, carried_out, play_time
from tests.remediate.problems import WHEN
from tests.remediate.stories import Story, heals, now, says, zombies

ASK = Step.model_validate({"name": "ask", "do": "pause", "with": {"text": "Is it drained?"}})
HEALS = {"signal": heals("host-1"), "restart-owner": says("unfit")}


@pytest.fixture(autouse=True)
def _played_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    play_time(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_store(tmp_path / "history.sqlite"), "anna@here")


def asking(story: Story, *rungs: int) -> Story:
    """The same, but somebody is asked before these rungs."""
    runbook = story.loaded.runbook
    asked = tuple(_asking(rung) if number in rungs else rung for number, rung in enumerate(runbook.rungs, start=1))
    loaded = replace(story.loaded, runbook=runbook.model_copy(update={"rungs": asked}))
    plan = make_plan(loaded, now(story), Frame(made_at=WHEN, inventory="inventory"))
    return Story(loaded, story.ground, plan)


def _asking(rung: Rung) -> Rung:
    return rung.model_copy(update={"steps": (ASK, *rung.steps)})


def begun(story: Story, journal: Journal) -> None:
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)


def goes(story: Story, journal: Journal) -> ApplyReport:
    return carried_out(story.plan, story.loaded, story.ground, journal)


def stops(story: Story, journal: Journal) -> Waiting:
    with pytest.raises(Waiting) as caught:
        goes(story, journal)
    return caught.value


def test_without_a_yes_nothing_is_done_and_no_lock_is_left(journal: Journal) -> None:
    story = asking(zombies(HEALS), 1)
    begun(story, journal)
    assert stops(story, journal).text == "wait for a person to say yes to: Is it drained?"
    assert (story.ground.done, story.ground.locked_by) == ([], {})
    assert [entry.event for entry in journal.entries(RUN_ID)] == ["run-started", "waiting"]
    stops(story, journal)  # taken up again, it asks again
    assert story.ground.done == []


def test_after_a_yes_it_goes_on_and_who_said_it_is_written_down(journal: Journal) -> None:
    story = asking(zombies(HEALS), 1)
    begun(story, journal)
    confirm(journal, RUN_ID, "berta@there", stops(story, journal).told)
    assert waits_at(journal, RUN_ID) is None
    report = goes(story, journal)
    assert report.well
    assert story.ground.actions() == ["signal"]
    (rung,) = report.results[0].rungs
    assert [(name, told.detail) for name, told in rung.steps[:1]] == [("ask", "confirmed by berta@there")]


def test_what_healed_while_nobody_answered_needs_no_yes_any_more(journal: Journal) -> None:
    story = asking(zombies(HEALS), 1)
    begun(story, journal)
    stops(story, journal)
    heals("host-1")(story.ground)
    assert [result.end for result in goes(story, journal).results] == ["healed"]
    assert story.ground.done == []


def test_what_speaks_against_it_after_the_yes_still_refuses(journal: Journal) -> None:
    story = asking(zombies(HEALS), 1)
    begun(story, journal)
    confirm(journal, RUN_ID, "anna@here", stops(story, journal).told)
    story.ground.shown.clear()
    (result,) = goes(story, journal).results
    assert (result.end, story.ground.done) == ("refused", [])


def test_each_pause_wants_a_yes_of_its_own_and_rungs_before_it_are_not_done_again(journal: Journal) -> None:
    story = asking(zombies({"signal": says("changed"), "restart-owner": heals("host-1")}), 1, 2)
    begun(story, journal)
    first = stops(story, journal)
    confirm(journal, RUN_ID, "anna@here", first.told)
    second = stops(story, journal)
    assert first.told["token"] != second.told["token"]
    assert story.ground.actions() == ["signal"]
    assert (waits := waits_at(journal, RUN_ID))
    assert waits.told == second.told
    confirm(journal, RUN_ID, "anna@here", second.told)
    assert goes(story, journal).well
    assert story.ground.actions() == ["signal", "restart-owner"]


def test_the_report_so_far_has_every_target(journal: Journal) -> None:
    hosts = ("host-1", "host-2", "host-3")
    story = asking(zombies({"signal": says("changed"), "restart-owner": heals("host-1")}, hosts), 1)
    story.plan = story.plan.model_copy(
        update={"targets": tuple(target.model_copy(update={"refused": ()}) for target in story.plan.targets)}
    )
    begun(story, journal)
    confirm(journal, RUN_ID, "anna@here", stops(story, journal).told)
    waiting = stops(story, journal)
    report = report_so_far(story.plan, RUN_ID, journal, waiting)
    assert [result.end for result in report.results] == ["repaired", "waiting", "waiting"]
    assert [result.why[:7] for result in report.results[1:]] == ["wait fo", "not yet"]
    assert (report.well, report.escalate.endswith(f"nr resume {RUN_ID} --confirmed")) == (False, True)


def test_the_list_of_runs_tells_who_waits(journal: Journal) -> None:
    story = asking(zombies(HEALS), 1)
    begun(story, journal)
    waiting = stops(story, journal)
    assert [run.end for run in runs(journal.entries())] == ["waits for a yes"]
    confirm(journal, RUN_ID, "anna@here", waiting.told)
    assert [run.end for run in runs(journal.entries())] == ["broken off"]
    goes(story, journal)
    assert [run.end for run in runs(journal.entries())] == ["well"]


@pytest.mark.parametrize(("typed", "yes"), [("yes\n", True), ("y\n", False), ("no\n", False), ("\n", False)])
def test_only_the_whole_word_at_a_terminal_is_a_yes(typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "r") as terminal, os.fdopen(os.dup(theirs), "w") as screen, os.fdopen(ours, "wb") as person:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        person.write(typed.encode())
        person.flush()
        assert _says_yes("Is it drained?") is yes


def test_where_no_terminal_is_nobody_says_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answers").write_text("yes\n")
    with (tmp_path / "answers").open() as answers:
        monkeypatch.setattr(sys, "stdin", answers)
        assert _says_yes("Is it drained?") is False
