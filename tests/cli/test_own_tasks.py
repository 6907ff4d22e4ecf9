import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nornir_hygiene.cli.run_record import kept
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.run import Recording
from nornir_hygiene.models.settings import Thresholds
from tests.cli.command import Home, closed_port

RETURNS = {
    "text": ("'fine'", "fine"),
    "nothing": ("None", None),
    "data": ("{'a': [1, 2.5, True, None], 3: ('x',)}", {"a": [1, 2.5, True, None], "3": ["x"]}),
    "model": ("Free(pids=3)", {"pids": 3}),
    "object": ("frozenset({1})", "frozenset({1})"),
    "no_number": ("float('nan')", "nan"),
    "as_result": ("Result(host=task.host, result='wrapped')", "wrapped"),
}
HEAD = """from nornir.core.task import Result
from pydantic import BaseModel
class Free(BaseModel):
    pids: int
"""
RECORDING = Recording(
    host="w1",
    taken_at=datetime.now(UTC),
    nonce="n",
    answer=Answer(stdout=bytes(range(256))),
    thresholds=Thresholds(),
)


@pytest.fixture
def project(home: Home) -> Home:
    home.inventory(closed_port(), "w1", "w2")
    return home


@pytest.mark.parametrize(("source", "shown"), RETURNS.values(), ids=RETURNS)
def test_whatever_a_task_returns_is_shown_as_json(project: Home, source: str, shown: object) -> None:
    project.task("mine", f"{HEAD}def mine(task):\n    return {source}\n")
    done = project.nr("run", "mine", "-o", "json")
    assert [host["result"] for host in json.loads(done.stdout)["hosts"]] == [shown, shown]
    assert (done.returncode, done.stderr) == (0, "")


def test_results_are_shown_as_text_per_host(project: Home) -> None:
    project.task("mine", "def mine(task):\n    return 'one\\ntwo' if task.host.name == 'w1' else 'one'\n")
    assert project.nr("run", "mine").stdout.splitlines() == ["w1:", "  one", "  two", "w2: one", "2 hosts: 2 done"]


def test_a_task_that_fails_on_one_host_says_why_in_one_line_and_runs_on_the_others(project: Home) -> None:
    project.task("mine", "def mine(task):\n    return {'w1': 'fine'}[task.host.name]\n")
    done = project.nr("run", "mine")
    assert "w1: fine" in done.stdout
    assert "w2: failed: KeyError: 'w2'" in done.stdout
    assert "mine.py:2" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 hosts: 1 done, 1 failed"
    assert done.returncode == 4
    assert "Traceback" not in done.stdout + done.stderr


def test_a_failure_inside_a_subtask_names_the_inner_error(project: Home) -> None:
    inner = "def inner(task):\n    raise ValueError('deep')\n"
    project.task("mine", f"{inner}def mine(task):\n    task.run(inner)\n")
    done = project.nr("run", "mine", "--host", "w1", "-o", "jsonl")
    first = json.loads(done.stdout.splitlines()[0])
    assert first["error"].startswith("ValueError: deep")
    assert first["result"] is None
    assert "Traceback" not in done.stderr


def test_what_a_task_prints_goes_to_stderr(project: Home) -> None:
    project.task("mine", "def mine(task):\n    print('noise')\n")
    done = project.nr("run", "mine", "-o", "json")
    json.loads(done.stdout)
    assert done.stderr.split("noise") in (["", "\n", "\n"], ["", "", "\n\n"])  # two hosts print at once


def test_a_task_over_its_deadline_is_not_observed(project: Home) -> None:
    project.task("mine", "import time\ndef mine(task):\n    time.sleep(30 if task.host.name == 'w1' else 0)\n")
    done = project.nr("run", "mine", "--timeout", "1")
    assert "w1: not observed: deadline" in done.stdout
    assert done.returncode == 3


def test_hostile_results_never_reach_the_screen_raw(project: Home) -> None:
    project.task("mine", "def mine(task):\n    return '\\x1b]0;owned\\x07\\u202e'\n")
    for output in ("text", "json", "jsonl"):
        assert not set(project.nr("run", "mine", "-o", output).stdout) & set("\x1b\x07\u202e")


def test_a_projects_own_audit_is_shown_as_what_it_returned(project: Home) -> None:
    project.task("audit", "def audit(task):\n    return 'mine'\n")
    assert "w1: mine" in project.nr("run", "audit").stdout


def test_record_says_for_each_host_why_there_is_no_recording(project: Home) -> None:
    (project.project / "nr.yaml").touch()
    done = project.nr("run", "record")
    assert "w1: not observed: connection-refused" in done.stdout
    assert done.returncode == 3


def test_a_recording_is_kept_whole_and_its_path_is_printed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home.folder / "data"))
    path = Path(kept("run-1", "w1", RECORDING).result)
    assert path.parent == home.folder / "data" / "nornir-hygiene" / "recordings" / "run-1"
    assert Recording.model_validate_json(path.read_bytes()) == RECORDING


def test_no_cluster_is_asked_where_no_finding_needs_it(home: Home) -> None:
    inventory = home.inventory(closed_port(), "w1", group="ceph")
    done = home.nr("run", "record", "--inventory", str(inventory), "-o", "json")
    assert [one["host"] for one in json.loads(done.stdout)["hosts"]] == ["w1"]


def test_a_recording_that_cannot_be_saved_is_a_failure_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/nowhere")
    assert "could not be saved" in str(kept("run-1", "w1", RECORDING).error)


def test_the_tasks_work_in_anybodys_script_under_the_stock_runner(home: Home) -> None:
    inventory = home.inventory(closed_port(), "w1", "w2")
    script = f"""
from nornir import InitNornir
from nornir_hygiene import load_task

files = {{name + "_file": "{inventory}/" + name.rstrip("s") + "s.yaml" for name in ("host", "group", "defaults")}}
nr = InitNornir(
    inventory={{"plugin": "SimpleInventory", "options": files}},
    runner={{"plugin": "threaded", "options": {{"num_workers": 2}}}},
    logging={{"enabled": False}},
)
for task in ("audit", "record"):
    for host, results in sorted(nr.run(task=load_task(task)).items()):
        said = results[0].result
        print(task, host, results.failed, getattr(said, "not_observed", said).reason)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=home.project,
        env=home.environment(),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        f"{task} {host} False connection-refused" for task in ("audit", "record") for host in ("w1", "w2")
    ], done.stderr
