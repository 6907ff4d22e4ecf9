"""`nr history` and `nr db`, as typed."""

import json
from pathlib import Path

import pytest

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.store import NEWEST, open_store
from nornir_hygiene.models.finding import Severity
from tests.cli.command import Home, closed_port
from tests.history.stories import audit, finding, host


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
        "0 new, 0 worse, 0 gone, 0 still there, 0 on hosts that were not observed",
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
    assert audited.nr("db", "prune", "--older-than", "1d").stdout.startswith("forgotten: 0 audits")


def test_an_audit_forgets_what_the_project_does_not_keep(audited: Home) -> None:
    (audited.project / "nr.yaml").write_text("{}\n")
    (audited.project / "retention.yaml").write_text("history: 2d\nsaved_runs: 1d\n")
    old = audited.runs / "20200101T000000Z-abcdef.json"
    old.write_text("{}")
    done = audited.nr("run", "audit")
    assert "warning" not in done.stderr
    assert not old.exists()
    assert len(list(audited.runs.glob("*.json"))) == 3


def test_a_mistake_in_what_is_kept_is_told_before_any_host_is_asked(home: Home) -> None:
    (home.project / "nr.yaml").write_text("{}\n")
    (home.project / "retention.yaml").write_text("history: 2d\nsaved_run: 1h\n")
    done = home.nr("run", "audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert "retention.yaml:2: unknown key 'saved_run'" in done.stderr
    assert "saved_runs" in done.stderr
    (home.project / "retention.yaml").write_text("history: 2d\nsaved_runs: 1h\n")
    assert "retention.yaml:2: saved_runs" in home.nr("run", "audit").stderr


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


@pytest.fixture
def three_audits(home: Home) -> Home:
    """At minutes 0, 30 and 60 of the first of November: each host is called by what becomes of its finding."""
    (home.runs.parent).mkdir(parents=True)
    store = open_store(home.runs.parent / "history.sqlite")
    bad = finding("worse", severity=Severity.CRITICAL)
    still = host("still", finding("still"))
    keep_audit(store, audit(0, still, host("worse", finding("worse")), host("gone", finding("gone")), host("new")))
    keep_audit(store, audit(30, still, host("worse", bad), host("gone"), host("new", finding("new"))))
    keep_audit(store, audit(60, still, host("worse", bad), host("gone"), host("new", finding("new", "\x1b[2J"))))
    store.dispose()
    return home


@pytest.mark.parametrize("when", ["run-000000", "2026-11-01", "2026-11-01T00:10:00+00:00"])
def test_what_changed_since_an_audit_or_a_time(three_audits: Home, when: str) -> None:
    done = three_audits.nr("history", "since", when)
    assert (done.returncode, done.stderr) == (1, "")
    *lines, sums = done.stdout.splitlines()
    told = [tuple(line.split()[:2]) for line in lines]
    # The finding of minute 30 on `new` had gone at minute 60, and another one was there.
    assert told == [("new", "new"), ("worse", "worse"), ("gone", "gone"), ("gone", "new"), ("still", "still")]
    assert sums.startswith("1 new, 1 worse, 2 gone, 1 still there, 0 on hosts that were not observed; since 2026-11-01")
    assert "\x1b" not in done.stdout


def test_since_the_last_hours_nothing_changed(three_audits: Home) -> None:
    done = three_audits.nr("history", "since", "1m")
    assert (done.returncode, done.stdout.splitlines()[-1].partition(";")[0]) == (
        0,
        "0 new, 0 worse, 0 gone, 3 still there, 0 on hosts that were not observed",
    )


def test_what_changed_since_is_told_to_programs_as_well(three_audits: Home) -> None:
    (found,) = json.loads(three_audits.nr("history", "since", "2026-11-01", "-o", "json").stdout)
    assert [one["host"] for one in found["worse"]] == ["worse"]
    assert json.loads(three_audits.nr("history", "since", "2026-11-01", "-o", "jsonl").stdout).keys() == found.keys()


@pytest.mark.parametrize(
    ("when", "says"), [("yesterday", "is no audit"), ("2999-01-01", "is not yet"), ("0d", "is no")]
)
def test_a_time_that_is_none_is_refused(three_audits: Home, when: str, says: str) -> None:
    done = three_audits.nr("history", "since", when)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "24h, 7d" in done.stderr


def test_worse_is_told_between_two_audits_as_well(three_audits: Home) -> None:
    done = three_audits.nr("history", "diff", "run-000000", "run-000030")
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[:-1]] == [
        ["new", "new"],
        ["worse", "worse"],
        ["gone", "gone"],
        ["still", "still"],
    ]
    assert three_audits.nr("history", "diff", "run-000030", "run-000030").returncode == 0


@pytest.mark.parametrize("words", [("show", "\udcff"), ("diff", "\udcff"), ("since", "\udcff"), ("-n", "9" * 20)])
def test_what_no_database_could_take_is_a_wrong_word(three_audits: Home, words: tuple[str, ...]) -> None:
    done = three_audits.nr("history", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a bug in nr" not in done.stderr
