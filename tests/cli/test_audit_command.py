import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from tests.cli.command import NR, Home, closed_port, silent_port

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "audit-report.schema.json").read_text())


@pytest.fixture
def refusing(home: Home) -> Home:
    """A project of three hosts that refuse connections."""
    home.inventory(closed_port(), "w1", "w2", "w3")
    (home.project / "nr.yaml").touch()
    return home


def test_every_host_of_the_selection_is_in_the_result_with_its_reason(refusing: Home) -> None:
    done = refusing.nr("run", "audit", "-o", "json")
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert {host["host"]: host["not_observed"]["reason"] for host in report["hosts"]} == dict.fromkeys(
        ("w1", "w2", "w3"), "connection-refused"
    )
    assert report["totals"]["not_observed"] == report["totals"]["selected"] == 3
    assert done.returncode == 3
    assert done.stderr == ""


def test_json_lines_hold_the_same_hosts(refusing: Home) -> None:
    lines = [json.loads(line) for line in refusing.nr("run", "audit", "-o", "jsonl").stdout.splitlines()]
    assert [line["host"] for line in lines[:-1]] == ["w1", "w2", "w3"]
    assert lines[-1]["totals"]["selected"] == 3


def test_the_text_ends_with_the_line_that_accounts_for_all_hosts(refusing: Home) -> None:
    done = refusing.nr("run", "audit", "--group", "workers", "--require-all")
    last = done.stdout.splitlines()[-1]
    assert last == "3 hosts: 0 clean, 0 with findings, 3 not observed (3 connection-refused)"
    assert done.returncode == 3


def test_one_host_can_be_chosen_and_the_report_says_which_was(refusing: Home) -> None:
    report = json.loads(refusing.nr("run", "audit", "--host", "w2", "-o", "json").stdout)
    assert [host["host"] for host in report["hosts"]] == ["w2"]
    assert report["selection"] == "host w2"


def test_each_run_is_one_private_file_that_nr_show_prints_again(refusing: Home) -> None:
    printed = [refusing.nr("run", "audit", "-o", "json").stdout for _ in range(2)]
    files = sorted(refusing.runs.iterdir())
    assert sorted(path.read_text() for path in files) == sorted(printed)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    shown = refusing.nr("show", files[0].stem, "-o", "json")
    assert (shown.returncode, shown.stdout) == (0, files[0].read_text())


def test_a_disk_that_cannot_be_written_costs_a_warning_never_the_result(refusing: Home) -> None:
    done = refusing.nr("run", "audit", "-o", "json", XDG_DATA_HOME="/proc/nowhere")
    assert json.loads(done.stdout)["totals"]["selected"] == 3
    assert "warning: this run could not be saved" in done.stderr
    assert done.returncode == 3


def test_a_reader_that_leaves_early_costs_neither_the_saved_run_nor_the_verdict(refusing: Home) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*NR, "run", "audit"],
        cwd=refusing.project,
        env=refusing.environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, b"")
    assert len(list(refusing.runs.iterdir())) == 1


def _await_connection(port: int) -> None:
    """Until somebody has connected to it: state 01 behind its address in the column of the remote ones."""
    end = time.monotonic() + 30
    while f":{port:04X} 01 " not in Path("/proc/net/tcp").read_text():
        assert time.monotonic() < end, "nobody has connected"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("output", "sent"), [("text", signal.SIGINT), ("json", signal.SIGINT), ("json", signal.SIGTERM)]
)
def test_ctrl_c_prints_and_saves_what_is_known_at_once(home: Home, output: str, sent: signal.Signals) -> None:
    with silent_port() as port:
        inventory = home.inventory(port, *(f"w{number}" for number in range(30)))
        arguments = ["run", "audit", "--inventory", str(inventory), "--timeout", "50", "--workers", "8", "-o", output]
        running = subprocess.Popen(
            [*NR, *arguments],
            cwd=home.project,
            env=home.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Tests that are run in the background by a shell ignore it, and with them all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no thread runs here
        )
        _await_connection(port)
        running.send_signal(sent)
        stdout, stderr = running.communicate(timeout=40)  # nobody waits for the hosts' own fifty seconds
    assert running.returncode == 130
    assert b"Traceback" not in stderr
    saved = json.loads(next(home.runs.iterdir()).read_text())
    assert saved["interrupted"] is True
    assert {host["not_observed"]["reason"] for host in saved["hosts"]} == {"interrupted"}
    assert saved["totals"]["selected"] == 30
    if output == "json":
        assert json.loads(stdout) == saved
    else:
        assert stdout.decode().splitlines()[-1].startswith("interrupted: 30 hosts")


def test_hostile_host_names_never_reach_the_screen_raw(home: Home) -> None:
    inventory = home.inventory(closed_port(), '"w\\e[31m\\u009b\\u202e[red]"')
    done = home.nr("run", "audit", "--inventory", str(inventory))
    assert not set(done.stdout + done.stderr) & set("\x1b\x9b\u202e")
    assert r"w\x1b[31m\x9b\u202e[red]" in done.stdout
