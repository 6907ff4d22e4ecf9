"""`terminate-orphans` carried out on a played ground: by the plan's own processes, those that are still there."""

from pathlib import Path

import pytest

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import Outcome, Plan, TargetResult
from nornir_hygiene.remediate.plan import Frame, make_plan
from tests.remediate.played import RUN_ID, PlayedGround, carried_out, play_time
from tests.remediate.problems import WHEN, audit, loaded, seen
from tests.remediate.stories import Act, heals
from tests.remediate.test_seen_before import BOOK, ago, leak


@pytest.fixture(autouse=True)
def _played_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    play_time(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_store(tmp_path / "history.sqlite"), "anna@here")


def plan_for(now: str) -> Plan:
    frame = Frame(made_at=WHEN, inventory="")
    return make_plan(loaded(BOOK), audit(seen("host-1", now)), frame, [ago(700, leak(range(705, 720)))])


def shows(text: str) -> Act:
    def act(ground: PlayedGround) -> Outcome:
        ground.shown["host-1"] = seen("host-1", text)
        return "changed"

    return act


def applied(plan: Plan, journal: Journal, now: str, act: Act) -> TargetResult:
    ground = PlayedGround({"host-1": seen("host-1", now)}, answers={"end-orphans": act})
    journal.append(RUN_ID, "run-started", plan=plan.model_dump(mode="json"), approved=None)
    (result,) = carried_out(plan, loaded(BOOK), ground, journal).results
    return result


def asked(journal: Journal) -> list[tuple[str, list[int]]]:
    """Signal and pids of every step that was begun."""
    begun = [entry.body["step"]["arguments"] for entry in journal.entries(RUN_ID) if entry.event == "step-intended"]
    return [(told["signal"], [process["pid"] for process in told["processes"]]) for told in begun]


def test_those_still_there_are_ended_and_nobody_who_came_since(journal: Journal) -> None:
    result = applied(plan_for(leak(range(701, 711))), journal, leak(range(708, 730)), heals("host-1"))
    assert (result.end, asked(journal)) == ("repaired", [("TERM", [708, 709, 710])])


def test_who_did_not_listen_is_killed(journal: Journal) -> None:
    listened = leak(range(707, 730))
    result = applied(plan_for(leak(range(701, 711))), journal, leak(range(701, 711)), shows(listened))
    assert asked(journal) == [("TERM", list(range(705, 711))), ("KILL", list(range(707, 711)))]
    assert result.end == "not-helped"


def test_a_leak_that_goes_on_is_for_the_next_two_audits(journal: Journal) -> None:
    """What is left was never seen twice."""
    now = leak(range(701, 711))
    result = applied(plan_for(now), journal, now, shows(leak(range(711, 730))))
    assert asked(journal) == [("TERM", list(range(705, 711)))]
    assert (result.end, "seen-before: none of the processes" in result.why) == ("refused", True)
