"""`nr diagnose`, `nr tree`, `nr threads` and `nr explain` on recordings of real lab hosts."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli.command import Home, closed_port
from tests.fleet.test_replay import keep, recording

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "audit-report.schema.json").read_text())


@pytest.fixture
def kept(home: Home) -> Path:
    keep(home.project / "run-1" / "worker-1.json", recording())
    keep(home.project / "run-1" / "clean-1.json", recording("clean-1", "clean-host"))
    return home.project / "run-1"


def test_diagnose_prints_and_judges_like_an_audit(home: Home, kept: Path) -> None:
    done = home.nr("diagnose", "run-1", "-o", "json")
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert [host["host"] for host in report["hosts"]] == ["clean-1", "worker-1"]
    assert (done.returncode, done.stderr) == (1, "")
    assert home.nr("diagnose", "run-1", "-o", "json").stdout == done.stdout
    assert len(home.nr("diagnose", "run-1", "-o", "jsonl").stdout.splitlines()) == 3
    assert "2 hosts: " in home.nr("diagnose", "run-1").stdout


def test_a_broken_recording_is_exit_3_and_named_and_never_a_traceback(home: Home, kept: Path) -> None:
    (kept / "clean-1.json").write_text("{")
    (kept / "worker-1.json").unlink()
    done = home.nr("diagnose", "run-1", "--require-all")
    assert done.returncode == 3
    assert "run-1/clean-1.json  not-a-recording  Invalid JSON" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["diagnose"], "Missing argument"),
        (["diagnose", "nowhere"], "there is no file or folder 'nowhere'"),
        (["tree", "w9", "--recording", "run-1"], "there are: clean-1, worker-1"),
        (["tree", "clean-1", "--recording", "run-1", "--around", "99999"], "no process 99999 on clean-1"),
        (["threads", "clean-1", "99999", "--recording", "run-1"], "no process 99999 on clean-1"),
        (["threads", "clean-1", "x"], "a valid integer"),
        (["threads", "clean-1", "0"], "greater than or equal to 1"),
        (["tree", "w9"], "there is no host 'w9'"),
        (["explain"], "kinds: "),
        (["explain", "io-hagn"], "did you mean io-hang"),
        (["explain", "deadbeef"], "there is no saved run"),
        (["list", "--inventory", "ansible:nowhere"], "no such file or folder"),
        (["run", "audit", "--inventory", "ssh-config:nowhere"], "ssh-config:PATH"),
    ],
)
def test_a_wrong_command_line_is_exit_2(home: Home, kept: Path, arguments: list[str], answer: str) -> None:
    done = home.nr(*arguments)
    assert (done.returncode, done.stdout) == (2, "") if arguments[0] != "list" else (2, done.stdout)
    assert answer in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tree_of_a_recording_shows_the_hung_fsck(home: Home, kept: Path) -> None:
    done = home.nr("tree", "worker-1", "--recording", "run-1")
    assert (done.returncode, done.stderr) == (0, "")
    hung = next(line for line in done.stdout.splitlines() if "blocked for" in line)
    assert "folio_wait_bit_common (page-io)" in hung
    pid = hung.split()[0]
    around = json.loads(home.nr("tree", "worker-1", "--recording", "run-1", "--around", pid, "-o", "json").stdout)
    assert [row["depth"] for row in around["rows"]] == list(range(len(around["rows"])))
    threads = json.loads(home.nr("threads", "worker-1", pid, "--recording", "run-1", "-o", "jsonl").stdout)
    assert threads["rows"][0]["thread"]["last_ran_age_s"] == pytest.approx(305.14)


def test_a_host_that_is_not_reached_says_why_and_is_exit_3(home: Home) -> None:
    inventory = home.inventory(closed_port(), "w1")
    for command in (["tree", "w1"], ["threads", "w1", "1"]):
        done = home.nr(*command, "--inventory", str(inventory))
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("nr: w1: not observed: connection-refused: ")


def test_explain_tells_a_kind_a_wait_and_a_finding_of_the_last_audit(home: Home, kept: Path) -> None:
    assert "What does not" in home.nr("explain", "io-hang").stdout
    assert home.nr("explain", "folio_wait_bit_common").stdout.startswith("page-io\n")
    report = json.loads(home.nr("diagnose", "run-1", "-o", "json").stdout)
    home.runs.mkdir(parents=True)
    (home.runs / f"{report['run_id']}.json").write_text(json.dumps(report))
    finding = next(finding for host in report["hosts"] for finding in host["findings"])
    told = home.nr("explain", finding["fingerprint"][:8])
    assert told.returncode == 0
    assert told.stdout.startswith(f"{finding['severity']} {finding['kind']} on {finding['host']}")
    assert "What does not" in told.stdout


def test_the_catalogue_is_printed_by_a_documented_command(home: Home) -> None:
    printed = home.nr("explain", "--all-markdown").stdout
    assert printed.startswith("# Catalogue\n")
    assert {"### rbd-io-hang", "### page-io"} <= set(printed.splitlines())


def test_other_inventories_are_listed_and_asked_like_the_own_one(home: Home) -> None:
    (home.project / "hosts.ini").write_text(f"[k8s-workers]\na ansible_host=127.0.0.1 ansible_port={closed_port()}\n")
    assert ["k8s-workers", "1", "host"] in [
        line.split() for line in home.nr("list", "--inventory", "ansible:hosts.ini").stdout.splitlines()
    ]
    done = home.nr("run", "audit", "--inventory", "ansible:hosts.ini", "--group", "k8s-workers", "-o", "json")
    assert json.loads(done.stdout)["hosts"][0]["not_observed"]["reason"] == "connection-refused"
