"""A run that a schedule did not make is told; one that came a little late, or was never due, is not."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.missed import gaps, last_run, missed_runs
from nornir_hygiene.history.schedules import all_schedules, readable_schedules, save_schedule, schedules_folder
from nornir_hygiene.models.hygiene import Missed
from tests.history.schedules import schedule, times
from tests.history.stories import BEGUN, at, audit, host


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def told(*minutes: float, since: float = 0, until: float = 60, **more: object) -> list[Missed]:
    return list(gaps(schedule(**more), times(*minutes), at(since), at(until)))  # type: ignore[arg-type]


def gap(begin: float, end: float, runs: int) -> Missed:
    return Missed(schedule="workers", from_at=at(begin), to_at=at(end), runs=runs)


def test_where_every_run_was_made_nothing_is_missed() -> None:
    assert told(1, 16, 30.5, 45.1) == []


def test_a_run_that_was_not_made_is_told_with_the_two_around_it() -> None:
    assert told(1, 31, 46) == [gap(1, 31, 1)]


def test_half_an_interval_late_is_no_missed_run() -> None:
    assert told(15, 37, 45) == []
    assert told(15, 37.5, 45) == [gap(15, 37.5, 1)]


def test_a_machine_that_was_off_missed_them_all() -> None:
    assert told(15, 30, until=24 * 60) == [gap(30, 24 * 60, 93)]


def test_the_newest_may_still_be_under_way() -> None:
    assert told(15, until=44) == []
    assert told(15, until=45) == [gap(15, 45, 1)]


def test_before_it_was_installed_and_after_it_was_removed_nothing_is_missed() -> None:
    assert told(since=-6000, until=0) == []
    assert told(15, 30, since=-6000, until=6000, removed_at=at(40)) == []
    assert told(15, removed_at=at(100), since=200, until=300) == []


def test_one_that_never_ran_is_missed_from_its_beginning() -> None:
    assert told(until=60) == [gap(0, 60, 3)]


def test_only_what_was_due_in_the_asked_time_counts() -> None:
    assert told(0, 120, since=60, until=130) == [gap(60, 120, 4)]  # 60, 75, 90, 105
    assert told(0, 120, since=61, until=130) == [gap(61, 120, 3)]


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.data())
def test_what_is_told_is_what_was_left_out(made: list[bool], data: st.DataObject) -> None:
    """Each tick runs up to a third of an interval late, or not at all; the last one did run."""
    late = data.draw(st.lists(st.floats(0, 0.24), min_size=len(made), max_size=len(made)))
    runs = [15 * (tick + 1 + late[tick]) for tick, runs in enumerate(made) if runs]
    end = 15 * (len(made) + 1)
    found = told(*runs, 15 * (len(made) + 1), until=end + 1)
    assert sum(one.runs for one in found) == made.count(False)
    assert all(earlier.to_at <= later.from_at for earlier, later in pairwise(found))


@given(st.lists(st.floats(0, 600), max_size=50), st.floats(0, 600))
def test_two_halves_of_a_time_miss_what_the_whole_does(runs: list[float], middle: float) -> None:
    """Reports of one day each may be added up, but for what was under way at the cut."""
    made = times(*sorted(runs))
    one = schedule()
    whole = sum(gap.runs for gap in gaps(one, made, BEGUN, at(600)))
    first = sum(gap.runs for gap in gaps(one, made, BEGUN, at(middle)))
    second = sum(gap.runs for gap in gaps(one, made, at(middle), at(600)))
    assert first + second <= whole + 1
    assert first + second >= whole - 2


def test_the_history_says_which_runs_there_were(store: Engine) -> None:
    save_schedule(schedule())
    for minute in (2, 17, 47):
        keep_audit(store, audit(minute, host()))
    keep_audit(store, audit(32, host()).model_copy(update={"selection": "group others"}))
    keep_audit(store, audit(33, host()).model_copy(update={"interrupted": True}))
    assert missed_runs(store, all_schedules(), BEGUN - timedelta(days=7), at(60)) == (gap(17, 47, 1),)
    assert missed_runs(store, all_schedules(), at(33), at(60)) == ()
    assert missed_runs(store, all_schedules(), at(20), at(33)) == ()
    assert last_run(store, schedule(), at(60)) == at(47)
    assert last_run(store, schedule(selection="host w9"), at(60)) is None


def test_without_a_schedule_nothing_is_missed(store: Engine) -> None:
    keep_audit(store, audit(2, host()))
    assert missed_runs(store, all_schedules(), BEGUN, at(6000)) == ()


def test_a_broken_schedule_is_named_where_people_ask_and_left_out_where_they_do_not(store: Engine) -> None:
    path = save_schedule(schedule())
    save_schedule(schedule(name="other"))
    path.write_text("{")
    with pytest.raises(ConfigError, match=str(schedules_folder())):
        all_schedules()
    assert [one.name for one in readable_schedules()] == ["other"]
