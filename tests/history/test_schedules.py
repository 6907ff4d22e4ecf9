"""Schedules are kept, found, locked, and handed in as files."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.schedules import (
    adopt,
    all_schedules,
    find_schedule,
    forget_reports,
    left_out,
    note_left_out,
    only_one,
    report_path,
    reports_folder,
    save_schedule,
    schedules_folder,
)
from tests.history.schedules import schedule
from tests.history.stories import BEGUN, at

HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_what_is_saved_is_found_and_one_that_was_removed_is_not() -> None:
    save_schedule(schedule())
    save_schedule(schedule(name="old", removed_at=at(5)))
    assert find_schedule("workers") == schedule()
    assert [one.name for one in all_schedules()] == ["old", "workers"]
    for name in ("old", "none", "../workers", "*"):
        with pytest.raises(UsageError, match="there is no schedule"):
            find_schedule(name)


def test_a_broken_file_is_named_and_costs_no_other_schedule() -> None:
    save_schedule(schedule())
    (schedules_folder() / "broken.json").write_text('{"name": "broken"}')
    assert find_schedule("workers") == schedule()
    with pytest.raises(ConfigError, match=r"broken\.json"):
        find_schedule("broken")
    with pytest.raises(ConfigError, match=r"broken\.json"):
        all_schedules()


def test_only_one_at_a_time_and_a_dead_holder_holds_nothing() -> None:
    with only_one("workers") as first, only_one("others") as other:
        assert (first, other) == (True, True)
        with only_one("workers") as second:
            assert not second
    path = schedules_folder() / "workers.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            with only_one("workers") as alone:
                assert not alone
        finally:
            holder.kill()
    with only_one("workers") as alone:
        assert alone


def test_a_lock_nobody_can_make_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(ConfigError, match=r"workers\.lock"), only_one("workers"):
        pass


def test_what_was_left_out_is_noted_and_bounded() -> None:
    assert left_out("workers") == ()
    for minute in range(210):
        note_left_out("workers", at(minute))
    assert len(left_out("workers")) == 200
    assert left_out("workers")[-1] == at(209)
    (schedules_folder() / "workers.left-out").write_text("garbage\n")
    assert left_out("workers") == ()


def test_only_the_newest_reports_of_this_schedule_are_kept() -> None:
    one = schedule(keep_reports=2)
    reports_folder().mkdir(parents=True)
    for day in (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2)):
        report_path(one, day).touch()
        report_path(schedule(name="workers-old"), day).touch()
    (reports_folder() / "workers-notes.html").touch()
    forget_reports(one)
    assert sorted(path.name for path in reports_folder().iterdir()) == [
        "workers-2026-11-01.html",
        "workers-2026-11-02.html",
        "workers-notes.html",
        *(f"workers-old-2026-{day}.html" for day in ("10-31", "11-01", "11-02")),
    ]


def test_a_schedule_that_is_handed_in_goes_on_until_it_says_something_else(tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    given.write_text(schedule().model_dump_json())
    assert adopt(given) == schedule() == find_schedule("workers")
    given.write_text(schedule(installed_at=BEGUN + timedelta(days=1)).model_dump_json())
    assert adopt(given) == schedule()
    other = schedule(every_min=30, installed_at=at(60))
    given.write_text(other.model_dump_json())
    assert adopt(given) == other == find_schedule("workers")
    with pytest.raises(ConfigError, match=r"none\.json"):
        adopt(tmp_path / "none.json")
