"""Recorded answers of real lab hosts, diagnosed again."""

import json as jsonlib
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.replay import read_recording, recording_files, replay
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, ClusterRecording, Recording
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report import json
from tests.diagnose.clusters import CASES as CLUSTERS
from tests.diagnose.clusters import HOSTS, NONCE, POOL

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


def keep(path: Path, one: Recording | ClusterRecording) -> Path:
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

    def counted(path: Path) -> Recording | ClusterRecording | NotObserved:
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


def hung_worker(host: str) -> Recording:
    """The real answer of a worker whose volume hangs; only the pool's name is that of the recorded cluster."""
    one = recording(host)
    renamed = one.answer.stdout.replace(b"volumes-a87", POOL.encode())
    return one.model_copy(update={"answer": one.answer.model_copy(update={"stdout": renamed})})


def cluster_answer(state: str, host: str) -> ClusterRecording:
    stdout = (CLUSTERS / f"{state}.{host}.bin").read_bytes()
    return ClusterRecording(
        host=host, taken_at=TAKEN, nonce=NONCE, answer=Answer(stdout=stdout, exit_status=0), aged_after_s=5.0
    )


def a_run(folder: Path, state: str, *workers: str) -> None:
    for worker in workers:
        keep(folder / f"{worker}.json", hung_worker(worker))
    for host in HOSTS:
        keep(folder / "cluster" / f"{host}.json", cluster_answer(state, host))


def test_the_clusters_side_is_read_and_put_together_again(tmp_path: Path) -> None:
    a_run(tmp_path / "run", "stuck", "worker-1", "worker-2")
    report = replay(recording_files([tmp_path / "run"]))
    (cause,) = report.causes
    assert (cause.established, cause.name, cause.sick) == (True, "ceph-osd osd.1 on ceph-2", "stuck"), cause.why_not
    assert [host.host for host in report.hosts] == ["worker-1", "worker-2"]
    assert {finding.cause.name for finding in hung_findings(report)} == {"ceph-osd osd.1 on ceph-2"}
    assert json.render(replay(recording_files([tmp_path / "run"]))) == json.render(report)


def hung_findings(report: AuditReport) -> list[Finding]:
    return [finding for host in report.hosts for finding in host.findings if finding.kind == "rbd-io-hang"]


def test_without_the_clusters_side_older_recordings_say_what_is_missing(tmp_path: Path) -> None:
    keep(tmp_path / "worker-1.json", hung_worker("worker-1"))
    (cause,) = replay(recording_files([tmp_path])).causes
    assert not cause.established
    assert "no host of its cluster was asked" in cause.missing


def test_a_host_of_the_cluster_that_was_not_reached_that_day_is_still_a_reason(tmp_path: Path) -> None:
    keep(tmp_path / "worker-1.json", hung_worker("worker-1"))
    gone = NotObserved(reason="connection-refused", phase="connect", detail="refused")
    keep(tmp_path / "cluster" / "ceph-1.json", ClusterRecording(host="ceph-1", taken_at=TAKEN, not_observed=gone))
    (cause,) = replay(recording_files([tmp_path])).causes
    assert "ceph-1: connection-refused" in cause.vetoes[0]


def test_what_a_cluster_said_holds_for_its_own_run_only(tmp_path: Path) -> None:
    a_run(tmp_path / "before", "stopped", "worker-1")
    a_run(tmp_path / "then", "stuck", "worker-2")
    keep(tmp_path / "later" / "worker-3.json", hung_worker("worker-3"))
    report = replay(recording_files([tmp_path]))
    told = {cause.hosts: (cause.sick, cause.established) for cause in report.causes}
    assert told[("worker-1",)] == ("stopped", True)
    assert told[("worker-2",)] == ("stuck", True)
    assert told[("worker-3",)][1] is False


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"answer": None}, "holds an answer or the reason"),
        ({"asked": "somebody"}, "somebody"),
        ({"host": 7}, "host: "),
        ({"taken_at": "2026-11-21T17:00:00"}, "taken_at: is no time"),
    ],
)
def test_a_broken_file_of_the_second_round_is_named(tmp_path: Path, change: dict[str, object], why: str) -> None:
    content = jsonlib.loads(json.to_json(cluster_answer("stuck", "ceph-2")))
    path = tmp_path / "cluster" / "ceph-2.json"
    path.parent.mkdir()
    path.write_text(jsonlib.dumps(content | change))
    broken = read_recording(path)
    assert isinstance(broken, NotObserved)
    assert why in broken.detail
    (host,) = replay([path]).hosts
    assert host.host == str(path)


@pytest.mark.parametrize("nonce", ["", " ", "\n", ".*", "0123456789abcde"])
def test_a_cluster_answer_with_another_nonce_is_a_host_that_said_nothing(tmp_path: Path, nonce: str) -> None:
    edited = cluster_answer("stuck", "ceph-2").model_copy(update={"nonce": nonce})
    keep(tmp_path / "worker-1.json", hung_worker("worker-1"))
    keep(tmp_path / "cluster" / "ceph-2.json", edited)
    (cause,) = replay(recording_files([tmp_path])).causes
    assert not cause.established
    assert "ceph-2: " in cause.why_not
