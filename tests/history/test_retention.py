"""What is too old is forgotten, once it is due; what is not, stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from nornir_hygiene.fleet.retaining import retain
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.history.retention import forget_runs, oldest_audit
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.history.size import counted
from nornir_hygiene.models.retention import Retention
from nornir_hygiene.report.assemble import new_run_id
from tests.history.stories import at, audit, finding, host

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


@given(age_h=st.integers(0, 24 * 60), limit_h=st.integers(1, 24 * 40))
def test_a_saved_run_goes_by_the_time_in_its_name(age_h: int, limit_h: int) -> None:
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    path = save_run(new_run_id(now - timedelta(hours=age_h)), b"{}")
    other = runs_folder() / "notes-of-somebody.json"
    other.write_text("{}")
    assert forget_runs(now - timedelta(hours=limit_h)) == (age_h > limit_h)
    assert (path.exists(), other.exists()) == (age_h <= limit_h, True)
    path.unlink(missing_ok=True)
