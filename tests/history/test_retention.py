"""What is too old is forgotten, once it is due; what is not, stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from nornir_hygiene.fleet.retaining import retain
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.history.retention import forget, forget_runs, oldest_audit
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.history.size import counted
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.census import OwnerCounts
from nornir_hygiene.models.retention import Retention
from nornir_hygiene.report.assemble import new_run_id
from tests.history.stories import at, audit, census, finding, host

DAY_MIN = 24 * 60


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def days(*numbers: int) -> list[float]:
    return [number * DAY_MIN for number in numbers]


def test_what_is_due_is_forgotten_and_the_rest_stays(store: Engine) -> None:
    for minute in days(0, 1, 40, 80, 95):
        keep_audit(store, audit(minute, host("w1", finding())))
    gone = retain(store, Retention(), at(96 * DAY_MIN))
    assert gone.audits == 2
    assert oldest_audit(store) == at(40 * DAY_MIN)
    assert counted(store)["episodes"] == 1


def test_nothing_is_deleted_before_a_whole_day_is_due(store: Engine) -> None:
    for minute in days(0, 50):
        keep_audit(store, audit(minute, host("w1", finding())))
    wanted = Retention(history=timedelta(days=50))
    assert retain(store, wanted, at(51 * DAY_MIN)).audits == 0
    assert retain(store, wanted, at(51 * DAY_MIN + 1)).audits == 1


def test_a_history_without_audits_has_nothing_to_forget(store: Engine) -> None:
    assert oldest_audit(store) is None
    assert retain(store, Retention(), at(0)).audits == 0


def test_a_zero_lasts_until_there_is_another_value(store: Engine) -> None:
    """Quiet for longer than anything is kept; what comes then is a leak, not the first that was ever seen."""
    orphans = OwnerCounts(owner="kuryr-daemon of kuryr.service", orphans=9)
    for minute in days(0, 1, 2, 3):
        lost = [orphans] if minute in days(0, 3) else []
        # Another count's end is not this one's.
        others = OwnerCounts(owner="cron", zombies=3 if minute < 2 * DAY_MIN else 4)
        keep_audit(store, audit(minute, host("w1", counts=census(*lost)), host("w2", counts=census(others))))
    forget(store, at(2 * DAY_MIN + 60))
    assert counted(store)["levels"] == 1  # the zero of the first day, which lasted until the third
    forget(store, at(4 * DAY_MIN))
    assert counted(store)["levels"] == 0


def test_the_last_run_with_a_finding_that_is_not_gone_is_kept(store: Engine) -> None:
    now = datetime.now(UTC)
    runs = [audit(minute, host("w1", *found)) for minute, found in ((0, (finding(),)), (1, (finding(),)), (2, ()))]
    runs = [run.model_copy(update={"run_id": new_run_id(run.started_at)}) for run in runs]
    for run in runs[:2]:
        keep_audit(store, run)
        save_run(run.run_id, b"{}")
    assert forget_runs(store, now) == 1
    assert [path.stem for path in runs_folder().glob("*.json")] == [runs[1].run_id]
    keep_audit(store, runs[2])  # it is gone
    assert forget_runs(store, now) == 1


@given(age_h=st.integers(0, 24 * 60), limit_h=st.integers(1, 24 * 40))
@settings(max_examples=30)
def test_a_saved_run_goes_by_the_time_in_its_name(age_h: int, limit_h: int) -> None:
    store = open_store(runs_folder().parent / "history.sqlite")
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    path = save_run(new_run_id(now - timedelta(hours=age_h)), b"{}")
    other = runs_folder() / "notes-of-somebody.json"
    other.write_text("{}")
    assert forget_runs(store, now - timedelta(hours=limit_h)) == (age_h > limit_h)
    assert (path.exists(), other.exists()) == (age_h <= limit_h, True)
    path.unlink(missing_ok=True)
    store.dispose()
