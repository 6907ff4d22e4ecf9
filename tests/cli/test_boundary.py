"""The outermost boundary, in this process where a bug has to be planted, else as people start it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from nornir_hygiene.cli import main as boundary
from nornir_hygiene.errors import ConfigError, LabError
from tests.cli.command import Home

HOSTILE = "\x1b[2Jowned"


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(boundary, "_run", fail)
    return boundary.main([])


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "nornir-hygiene" / "bugs"


def test_a_bug_is_exit_5_and_its_traceback_is_in_a_file(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(ZeroDivisionError(HOSTILE), monkeypatch) == 5
    said = capsys.readouterr()
    kept = next(state.iterdir())
    assert said.out == ""
    assert str(kept) in said.err
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    assert "Traceback" in kept.read_text()


def test_a_bug_is_still_exit_5_where_no_file_can_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert raising(ZeroDivisionError("x"), monkeypatch) == 5
    assert "could not be kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong", Path("a.yaml"), 3, "do this"), 2),
        (LabError("no"), 5),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
    ],
)
def test_each_known_error_has_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    monkeypatch.setattr(boundary, "stop_writing", lambda: None)
    assert raising(error, monkeypatch) == code
    assert not state.exists()


def test_an_error_says_what_where_and_what_to_do_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(ConfigError("unknown key", Path("nr.yaml"), 3, "did you mean tasks?"), monkeypatch)
    assert capsys.readouterr().err == "nr: nr.yaml:3: unknown key\n  did you mean tasks?\n"


def test_a_lab_that_cannot_be_loaded_breaks_only_nr_lab(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nornir_hygiene.cli.lab", None)
    assert boundary.main(["lab", "up"]) == 2
    assert "the lab cannot be loaded" in capsys.readouterr().err
    assert boundary.main(["version"]) == 0


def test_the_lab_answers_for_its_own_options(home: Home) -> None:
    assert "Usage: nr lab" in home.nr("lab", "--help").stdout
    wrong = home.nr("lab", "nonsense")
    assert wrong.returncode == 2
    assert "nonsense" in wrong.stderr


def test_starting_nr_loads_nothing_heavy() -> None:
    heavy = "{'nornir', 'paramiko', 'netmiko', 'rich', 'ruamel.yaml', 'nornir_hygiene.lab', 'nornir_hygiene.fleet'}"
    code = f"import sys; from nornir_hygiene.cli.main import main; main(['--help']); print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1] == "set()"


def test_a_closed_stdout_is_no_traceback(home: Home) -> None:
    command = f"{sys.executable} -m nornir_hygiene.cli.main schema | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=home.environment(), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{0\n", "")


def test_an_ascii_locale_is_no_reason_to_die(home: Home) -> None:
    home.task("mine", "def mine(task): ...")
    (home.project / "tasks" / "größe.py").write_text("x = 1")
    done = home.nr("list", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, "mine" in done.stdout) == (0, True)


@pytest.mark.parametrize("words", [("report",), ("history",), ("history", "since", "7d")])
def test_a_history_that_is_broken_inside_is_said_and_is_no_bug(home: Home, state: Path, words: tuple[str, ...]) -> None:
    assert home.nr("report").returncode == 0
    path = home.folder / "data/nornir-hygiene/history.sqlite"
    _break(path, "audits", "outcomes", "episodes", "findings")
    done = home.nr(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nr: the history cannot be used: database disk image is malformed" in done.stderr
    assert not state.exists()


def _break(path: Path, *tables: str) -> None:
    """The first page of each, after what stands in the log beside it came in."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        names = ",".join("?" * len(tables))
        wanted = f"SELECT rootpage FROM sqlite_master WHERE tbl_name IN ({names})"
        pages = connection.execute(wanted, tables).fetchall()
    with path.open("r+b") as stream:
        for (page,) in pages:
            stream.seek((page - 1) * size)
            stream.write(b"\xff" * size)
