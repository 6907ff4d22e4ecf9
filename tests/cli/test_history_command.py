"""`nr history` and `nr db`, as typed."""

import json
from pathlib import Path

import pytest

from nornir_hygiene.history.store import NEWEST
from tests.cli.command import Home, closed_port


@pytest.fixture
def audited(home: Home) -> Home:
    """Two hosts that refuse, audited twice."""
    folder = home.inventory(closed_port(), "w1", "w2")
    for _ in range(2):
        assert home.nr("run", "audit", "--inventory", str(folder)).returncode == 3
    return home


def test_every_audit_is_in_the_history(audited: Home) -> None:
    lines = audited.nr("history").stdout.splitlines()
    assert len(lines) == 2
    assert all("2 not observed; all hosts" in line for line in lines)
    (newest,) = json.loads(audited.nr("history", "-n", "1", "-o", "json").stdout)
    assert lines[0].startswith(newest["run_id"])
    assert newest["totals"]["not_observed"] == 2


def test_one_audit_and_two_beside_each_other(audited: Home) -> None:
    newest, oldest = (line.split()[0] for line in audited.nr("history").stdout.splitlines())
    assert audited.nr("history", "show", newest).stdout.startswith(newest)
    done = audited.nr("history", "diff", oldest)
    assert (done.returncode, done.stdout.split(";")[0]) == (
        0,
        "0 new, 0 gone, 0 still there, 0 on hosts that were not observed",
    )


def test_an_audit_that_is_not_there_is_named(home: Home) -> None:
    done = home.nr("history", "show", "2026")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no audit '2026' in the history" in done.stderr


def test_a_history_without_audits_is_no_error(home: Home) -> None:
    assert (home.nr("history").returncode, home.nr("history").stdout) == (0, "")


def test_a_history_that_cannot_be_written_costs_a_warning_never_the_result(audited: Home) -> None:
    done = audited.nr("run", "audit", "-o", "json", NR_HISTORY_URL="postgresql://anna:secret@127.0.0.1:1/x")
    assert json.loads(done.stdout)["totals"]["selected"] > 0
    assert "warning: this run is missing in the history" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_saved_runs_are_imported_once_and_broken_ones_named(audited: Home) -> None:
    (audited.runs.parent / "history.sqlite").unlink()
    broken = audited.runs / "20200101T000000Z-broken.json"
    broken.write_text("{")
    done = audited.nr("db", "import")
    assert (done.returncode, done.stdout) == (0, "new in the history: 2 audits\n")
    assert str(broken) in done.stderr
    assert audited.nr("db", "import").stdout == "new in the history: 0 audits\n"


def test_the_database_tells_what_it_holds_and_forgets_when_told(audited: Home) -> None:
    assert f"is at {NEWEST}" in audited.nr("db", "upgrade").stdout
    assert "2 audits" in audited.nr("db", "check").stdout
    assert audited.nr("db", "prune", "--older-than", "1").stdout.startswith("forgotten: 0 audits")


def test_a_changed_journal_is_told(audited: Home, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(audited.runs.parent / "history.sqlite") as connection:
        connection.execute(
            "INSERT INTO journal VALUES (1, '2026-01-01 00:00:00', 'r', 'run-started', 'a', '', '', '', '{}', 'x', 'y')"
        )
    connection.close()
    done = audited.nr("db", "check")
    assert done.returncode == 4
    assert "entry 1 is not as it was written" in done.stderr


def test_where_nothing_grows_nothing_is_told(audited: Home) -> None:
    done = audited.nr("history", "trends")
    assert (done.returncode, done.stdout) == (0, "")
