"""A run that broke off, anywhere, and is taken up again: it ends as if nothing had been, and nothing is done twice."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import ApplyReport
from nornir_hygiene.remediate.past import Past
from tests.diagnose.clusters import recorded
from tests.remediate.played import RUN_ID, CutJournal, PlayedGround, PowerCut, carried_out, play_time
from tests.remediate.stories import Story, heals, osd, says, zombies

STORIES: dict[str, Callable[[], Story]] = {
    "the first rung helps": lambda: zombies({"signal": heals("host-1")}),
    "the second rung helps": lambda: zombies({"restart-owner": heals("host-1")}),
    "nothing helps": zombies,
    "a rung does not fit": lambda: zombies({"restart-owner": says("unfit")}),
    "a step fails": lambda: zombies({"signal": says("failed")}, ("host-1", "host-2")),
    "two hosts": lambda: zombies({"signal": heals("host-1", "host-2"), "restart-owner": heals("host-2")},
                                 ("host-1", "host-2")),
    "an OSD is restarted": osd,
    "an OSD that may not be stopped": lambda: osd({"check-osd": says("refused")}),
    "an OSD that does not come back": lambda: osd({"restart-osd": says("failed")}),
    "an OSD nobody knows the end of": lambda: osd({"restart-osd": says("unknown")}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _played_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    play_time(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def fresh() -> Iterator[Callable[[], Engine]]:
    """Another empty history each time; in memory, if there is room: each entry waits for its disk."""
    numbers = iter(range(1000))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield lambda: open_store(Path(folder) / f"{next(numbers)}.sqlite")


def begun(story: Story, engine: Engine) -> Journal:
    journal = Journal(engine, "anna@here")
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)
    return journal


def ends(report: ApplyReport) -> list[tuple[str, str, str, list[int]]]:
    return [(result.host, result.end, result.why, [rung.number for rung in result.rungs]) for result in report.results]


def cut_run(story: Story, engine: Engine, at: int, *, written_first: bool) -> bool:
    """Whether it was cut at all; the ground is as dead as the writer until somebody takes it up again."""
    journal = CutJournal(engine, "anna@here")
    journal.at, journal.written_first, journal.ground = at, written_first, story.ground
    try:
        carried_out(story.plan, story.loaded, story.ground, journal)
    except PowerCut:
        story.ground.dead = False
        return True
    return False


def nothing_twice(ground: PlayedGround) -> bool:
    """A step is one action on one host: no second token for it, and no token done a second time."""
    return max(Counter((done.host, done.token) for done in ground.done).values(), default=1) == 1


@pytest.mark.parametrize("written_first", [False, True], ids=["before it was written", "just after"])
@pytest.mark.parametrize("name", STORIES)
def test_cut_at_every_entry_of_the_journal_it_ends_like_an_undisturbed_run(
    name: str, written_first: bool, fresh: Callable[[], Engine]
) -> None:
    make = STORIES[name]
    undisturbed = make()
    expected = carried_out(undisturbed.plan, undisturbed.loaded, undisturbed.ground, begun(undisturbed, fresh()))
    at = 0
    while True:
        at += 1
        story, engine = make(), fresh()
        story.plan = undisturbed.plan
        journal = begun(story, engine)
        if not cut_run(story, engine, at, written_first=written_first):
            break
        report = carried_out(story.plan, story.loaded, story.ground, journal)
        assert ends(report) == ends(expected), at
        assert sorted(story.ground.actions()) == sorted(undisturbed.ground.actions()), at
        assert {(done.host, done.token) for done in story.ground.done} == {
            (done.host, done.token) for done in undisturbed.ground.done
        }, at
        assert nothing_twice(story.ground), at
        assert story.ground.locked_by == {}, at
        assert journal.broken_at() is None
    assert at > 4


def test_cut_again_and_again_it_comes_to_the_same_end(fresh: Callable[[], Engine]) -> None:
    """Each attempt lives for two entries."""
    undisturbed, story, engine = osd(), osd(), fresh()
    expected = carried_out(undisturbed.plan, undisturbed.loaded, undisturbed.ground, begun(undisturbed, fresh()))
    story.plan = undisturbed.plan
    journal = begun(story, engine)
    attempts = 0
    while cut_run(story, engine, 3, written_first=False):
        attempts += 1
        assert attempts < 50
    assert attempts > 3
    assert story.ground.done == undisturbed.ground.done
    again = [entry for entry in journal.entries(RUN_ID) if entry.event == "target-ended"]
    assert again[-1].body["result"]["end"] == expected.results[0].end == "repaired"


def test_a_step_done_and_not_written_down_is_told_by_the_host_and_not_done_again(fresh: Callable[[], Engine]) -> None:
    story, engine = osd(), fresh()
    begun(story, engine)
    intents = ("check-osd", "hold-osd", "restart-osd")
    cut_run(story, engine, 2 * len(intents), written_first=False)  # the end of the restart was not written
    assert story.ground.actions() == list(intents)
    report = carried_out(story.plan, story.loaded, story.ground, Journal(engine, "anna@here"))
    assert report.results[0].end == "repaired"
    assert story.ground.actions() == [*intents, "await-osd", "release-osd"]
    assert [sent.action for sent in story.ground.sent].count("restart-osd") == 2


def test_what_healed_while_nobody_worked_on_it_is_not_disrupted_any_more(fresh: Callable[[], Engine]) -> None:
    """The place of the OSD was held when the run broke off; what hung is well when it is taken up again."""
    story, engine = osd(), fresh()
    begun(story, engine)
    cut_run(story, engine, 5, written_first=False)  # the intent to restart was not written
    assert story.ground.actions() == ["check-osd", "hold-osd"]
    heals("worker-1", "worker-2")(story.ground)
    report = carried_out(story.plan, story.loaded, story.ground, Journal(engine, "anna@here"))
    assert report.well
    assert story.ground.actions() == ["check-osd", "hold-osd", "release-osd"]


@pytest.mark.parametrize("since", ["two-stopped", "paused"])
def test_what_was_set_up_is_taken_back_also_where_it_may_not_go_on(since: str, fresh: Callable[[], Engine]) -> None:
    """The place of the OSD was held when the run broke off; since then the cluster is sick in another way."""
    story, engine = osd(), fresh()
    begun(story, engine)
    cut_run(story, engine, 5, written_first=False)  # the intent to restart was not written
    story.ground.views = recorded(since)
    report = carried_out(story.plan, story.loaded, story.ground, Journal(engine, "anna@here"))
    assert [result.end for result in report.results] == ["refused"]
    assert story.ground.actions() == ["check-osd", "hold-osd", "release-osd"]


def test_ten_rungs_are_not_mistaken_for_the_first(fresh: Callable[[], Engine]) -> None:
    """`apply-1-1.10.1` does not begin rung 1."""
    story, engine = zombies(), fresh()
    journal = begun(story, engine)
    step = story.plan.targets[0].rungs[0].steps[0].model_dump(mode="json")
    journal.append(RUN_ID, "step-intended", token="apply-1-1.10.1", step=step)
    past = Past(journal.entries(RUN_ID))
    assert (past.begun("apply-1-1.10"), past.begun("apply-1-1.1")) == (True, False)
