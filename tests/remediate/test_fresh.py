"""Evidence older than half a minute disrupts nothing: it is taken again, within a rung, too."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import Outcome, TargetResult
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.remediate.fresh import EVIDENCE_S
from tests.diagnose.clusters import recorded
from tests.remediate.played import RUN_ID, CutJournal, PlayedGround, PlayedTime, PowerCut, carried_out, play_time
from tests.remediate.problems import CLEAN, HANGS_ON_RBD, absent, audit, loaded, planned, seen
from tests.remediate.stories import Act, Story, heals, osd, says

HELD = ["check-osd", "hold-osd", "release-osd"]
RESTARTED = ["check-osd", "hold-osd", "restart-osd", "await-osd", "release-osd"]
FENCED = ["check-reboot", "fence-clients", "reboot-host"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlayedTime:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return play_time(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(open_store(tmp_path / "history.sqlite"), "anna@here")


class Counted(PlayedGround):
    """It counts how often somebody looks."""

    looks = 0

    def look(self, names: Iterable[str]) -> AuditReport:
        self.looks += 1
        return super().look(names)


def after(clock: PlayedTime, seconds: float, then: Act, outcome: Outcome = "changed") -> Act:
    """An action that takes its time, while the story goes on."""

    def act(ground: PlayedGround) -> Outcome:
        clock.now += seconds
        then(ground)
        return outcome

    return act


def the_result(story: Story, journal: Journal) -> TargetResult:
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)
    (result,) = carried_out(story.plan, story.loaded, story.ground, journal).results
    assert story.ground.locked_by == {}
    return result


def hangs_for_good(answers: dict[str, Act]) -> Story:
    """A worker whose cluster has lost its data: only a boot ends it."""
    shown = {"worker-1": seen("worker-1", HANGS_ON_RBD), "ceph-1": seen("ceph-1")}
    views = recorded("pg-inactive")
    plan = planned("reboot-host", audit(shown["worker-1"], views=views))
    every = {"check-reboot": says("unchanged"), "reboot-host": heals("worker-1"), **answers}
    return Story(loaded("reboot-host"), Counted(shown, views=views, answers=every), plan)


def test_what_went_while_its_place_was_held_is_not_restarted_and_given_back(
    clock: PlayedTime, journal: Journal
) -> None:
    story = osd({"hold-osd": after(clock, EVIDENCE_S + 1, heals("worker-1", "worker-2"))})
    result = the_result(story, journal)
    assert story.ground.actions() == HELD
    assert result.end == "repaired"
    assert ("restart", "not done: the finding is gone meanwhile") in [
        (name, told.detail) for name, told in result.rungs[0].steps
    ]


def test_what_cannot_be_seen_any_more_is_not_restarted(clock: PlayedTime, journal: Journal) -> None:
    def vanish(ground: PlayedGround) -> Outcome:
        ground.shown |= {name: absent(name) for name in ("worker-1", "worker-2")}
        return "changed"

    story = osd({"hold-osd": after(clock, EVIDENCE_S + 1, vanish)})
    result = the_result(story, journal)
    assert (result.end, story.ground.actions()) == ("refused", HELD)
    assert "fresh-evidence" in result.why or "observed" in result.why


def test_what_is_still_so_is_restarted_and_waited_for(clock: PlayedTime, journal: Journal) -> None:
    """The wait after it is no disruption: it is not asked whether the finding is still there."""
    heal = after(clock, EVIDENCE_S + 1, heals("worker-1", "worker-2"))
    story = osd({"hold-osd": after(clock, EVIDENCE_S + 1, says("changed")), "restart-osd": heal})
    assert (the_result(story, journal).end, story.ground.actions()) == ("repaired", RESTARTED)


def test_evidence_of_a_moment_ago_is_good_enough(clock: PlayedTime, journal: Journal) -> None:
    story = osd({"hold-osd": after(clock, EVIDENCE_S - 1, heals("worker-1", "worker-2"))})
    the_result(story, journal)
    assert story.ground.actions() == RESTARTED


def test_a_hang_for_good_is_fenced_on_its_cluster_and_booted(journal: Journal) -> None:
    story = hangs_for_good({})
    result = the_result(story, journal)
    assert (result.end, story.ground.actions()) == ("repaired", FENCED)
    assert [done.host for done in story.ground.done] == ["worker-1", "ceph-1", "worker-1"]


def test_whoever_is_fenced_is_booted_whatever_has_become_of_the_hang(clock: PlayedTime, journal: Journal) -> None:
    """Its requests fail as soon as it is shut out: the hang is gone, and its file systems are lost until it boots."""
    story = hangs_for_good({"fence-clients": after(clock, EVIDENCE_S + 1, heals("worker-1"))})
    assert (the_result(story, journal).end, story.ground.actions()) == ("repaired", FENCED)


@pytest.mark.parametrize("away", [True, False], ids=["the host is not there", "the hang is gone"])
def test_a_run_that_broke_off_behind_the_fence_is_brought_to_its_end(away: bool, tmp_path: Path) -> None:
    def shut_out(ground: PlayedGround) -> Outcome:
        ground.shown["worker-1"] = absent("worker-1") if away else seen("worker-1", CLEAN)
        return "changed"

    story, engine = hangs_for_good({"fence-clients": shut_out}), open_store(tmp_path / "other.sqlite")
    journal = CutJournal(engine, "anna@here")
    journal.at, journal.written_first, journal.ground = 100, False, story.ground
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)
    journal.at = 5  # the intent to boot is not written
    with pytest.raises(PowerCut):
        carried_out(story.plan, story.loaded, story.ground, journal)
    assert story.ground.actions() == FENCED[:2]
    story.ground.dead = False
    (result,) = carried_out(story.plan, story.loaded, story.ground, Journal(engine, "anna@here")).results
    assert (result.end, story.ground.actions()) == ("repaired", FENCED)


def test_a_host_that_may_not_be_booted_is_not_fenced_either(journal: Journal) -> None:
    story = hangs_for_good({"check-reboot": says("refused")})
    assert (the_result(story, journal).end, story.ground.actions()) == ("refused", FENCED[:1])
