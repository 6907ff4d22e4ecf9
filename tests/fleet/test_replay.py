"""Recorded answers of real lab hosts, diagnosed again."""

import json as jsonlib
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.replay import read_recording, recording_files, replay
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import Recording
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report import json

CASES = Path(__file__).parents[1] / "collect" / "cases"
TAKEN = datetime(2026, 11, 21, 19, 53, tzinfo=UTC)


def recording(host: str = "worker-1", case: str = "worker-rbd-hang", **thresholds: float) -> Recording:
    return Recording(
        host=host,
        taken_at=TAKEN,
        nonce="0123456789abcdef",
        answer=Answer(stdout=(CASES / f"{case}.bin").read_bytes(), exit_status=0),
        thresholds=Thresholds.model_validate(thresholds),
    )


def keep(path: Path, one: Recording) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.to_json(one))
    return path


def test_a_recording_gives_the_findings_of_that_day(tmp_path: Path) -> None:
    report = replay([keep(tmp_path / "a.json", recording())])
    (host,) = report.hosts
    assert (host.host, [finding.kind for finding in host.findings][:1]) == ("worker-1", ["rbd-io-hang"])
    assert report.started_at == report.finished_at == TAKEN


def test_the_thresholds_are_those_of_the_recording(tmp_path: Path) -> None:
    (host,) = replay([keep(tmp_path / "a.json", recording(blocked_critical_s=9999.0))]).hosts
    assert {finding.severity for finding in host.findings if finding.kind == "rbd-io-hang"} == {"warning"}


def test_the_same_recordings_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [
        keep(tmp_path / "a.json", recording()),
        keep(tmp_path / "b.json", recording("clean-1", "clean-host")),
        keep(tmp_path / "c.json", recording("Ü\x1b")),
    ]
    (tmp_path / "d.json").write_text("{")
    printed = {json.render(replay([*paths, tmp_path / "d.json"])) for _ in range(3)}
    assert len(printed) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Invalid JSON"),
        (b"{}", "host: Field required"),
        (b"\xff\x00", "Invalid JSON"),
        (b'{"schema_version": 2}', "schema_version"),
        (b"[" * 100_000, "Invalid JSON"),
    ],
)
def test_a_broken_file_is_in_the_report_by_its_name_and_the_others_go_on(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    keep(tmp_path / "good.json", recording())
    hosts = {host.host: host for host in replay(recording_files([tmp_path])).hosts}
    reason = hosts[str(tmp_path / "broken.json")].not_observed
    assert reason is not None
    assert (reason.reason, why in reason.detail) == ("not-a-recording", True)
    assert hosts["worker-1"].findings


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": ""},
        {"nonce": " "},
        {"nonce": "\n"},
        {"nonce": ".*"},
        {"host": ""},
        {"host": "\ud800"},
        {"taken_at": "2026-11-21T17:00:00"},
        {"taken_at": "0001-01-01T00:00:00+14:00"},
        {"taken_at": "9999-12-31T23:59:59-14:00"},
        {"answer": {"stdout": ""}},
        {"answer": {"stdout": "!"}},
        {"thresholds": {"pids_warning_pct": -1}},
    ],
)
def test_an_edited_recording_never_breaks_the_run(tmp_path: Path, change: dict[str, object]) -> None:
    content = jsonlib.loads(json.to_json(recording()))
    (tmp_path / "edited.json").write_text(jsonlib.dumps(content | change))
    keep(tmp_path / "good.json", recording("good"))
    report = replay(recording_files([tmp_path]))
    assert len(report.hosts) == 2
    assert next(host for host in report.hosts if host.host == "good").findings
    json.render(report)


def test_one_recording_is_in_memory_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [keep(tmp_path / f"{number}.json", recording(f"h{number}")) for number in range(20)]
    alive: set[int] = set()

    def counted(path: Path) -> Recording | NotObserved:
        assert not alive
        found = read_recording(path)
        alive.add(id(found))
        weakref.finalize(found, alive.discard, id(found))
        return found

    monkeypatch.setattr("nornir_hygiene.fleet.replay.read_recording", counted)
    assert len(replay(paths).hosts) == 20


def test_what_is_no_file_is_never_read() -> None:
    (host,) = replay([Path("/dev/zero")]).hosts
    assert host.not_observed is not None
    assert host.not_observed.detail == "is no regular file"


def test_a_folder_gives_every_recording_below_it_once(tmp_path: Path) -> None:
    first = keep(tmp_path / "run-1" / "a.json", recording())
    second = keep(tmp_path / "run-2" / "a.json", recording())
    (tmp_path / "run-2" / ".a.json.tmp.json").write_text("half")
    assert recording_files([tmp_path, first]) == (first, second)


def test_what_is_not_there_is_a_wrong_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recording in"):
        recording_files([tmp_path])
    with pytest.raises(UsageError, match="nr run record"):
        recording_files([tmp_path / "nowhere"])
