from pathlib import Path

import pytest

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.runs import file_name, load_run, save_recording, save_run
from nornir_hygiene.report.json import render
from tests.report.samples import report, sick


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "nornir-hygiene"


def test_a_saved_run_is_found_again_by_the_beginning_of_its_id() -> None:
    shown = report(sick())
    save_run(shown.run_id, render(shown).encode())
    assert load_run(shown.run_id[:9]) == shown


def test_without_an_id_the_newest_run_is_meant() -> None:
    for run_id in ("20260101T000000Z-a", "20270101T000000Z-b", "20260601T000000Z-c"):
        save_run(run_id, render(report(sick(run_id))).encode())
    assert load_run("").hosts[0].host == "20270101T000000Z-b"


def test_an_unknown_run_says_where_it_was_looked_for(data_folder: Path) -> None:
    with pytest.raises(UsageError, match=str(data_folder / "runs")):
        load_run("2031")


def test_a_broken_saved_run_is_named(data_folder: Path) -> None:
    save_run("20260101T000000Z-a", b"{}")
    with pytest.raises(ConfigError, match=r"20260101T000000Z-a\.json"):
        load_run("")


NAMES = ["worker-1", "../../etc/passwd", "..", ".", "a/b", "a%2Fb", "a\nb", "ü" * 90, "h" * 300, "h" * 301, ".hidden"]


def test_every_host_name_becomes_its_own_file_below_the_run() -> None:
    names = [file_name(name) for name in NAMES]
    assert len(set(names)) == len(NAMES)
    for name in names:
        assert "/" not in name
        assert not name.startswith(".")
        assert len(f".{name}.json") < 255


@pytest.mark.parametrize("host", NAMES)
def test_a_recording_stays_in_the_folder_of_its_run(data_folder: Path, host: str) -> None:
    path = save_recording("run-1", host, b"bytes")
    assert path.parent == data_folder / "recordings" / "run-1"
    assert path.read_bytes() == b"bytes"
