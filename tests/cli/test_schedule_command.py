"""`nr schedule`, as typed, in a home of its own. What a real systemd makes of it: tests/lab/test_schedule.py."""

import io
import json
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from nornir_hygiene.models.schedule import Schedule
from tests.cli.command import NR, Home, closed_port, silent_port

EVERY = ("schedule", "install", "--every", "15m")


@pytest.fixture
def ready(home: Home) -> Home:
    home.inventory(closed_port(), "w1", "w2")
    (home.project / "nr.yaml").touch()
    return home


def folder(home: Home) -> Path:
    return home.runs.parent / "schedules"


def kept(home: Home, name: str) -> Schedule:
    return Schedule.model_validate_json((folder(home) / f"{name}.json").read_bytes())


def rewrite(home: Home, name: str, **changed: Any) -> None:
    changed_one = kept(home, name).model_copy(update=changed)
    (folder(home) / f"{name}.json").write_text(changed_one.model_dump_json())


def listed(home: Home) -> Any:
    return json.loads(home.nr("schedule", "list", "-o", "json").stdout)


def test_print_shows_units_and_changes_nothing(ready: Home) -> None:
    done = ready.nr(*EVERY, "--group", "workers", "--report", "daily", "--print")
    assert (done.returncode, done.stderr) == (0, "")
    heads = re.findall(r"^# \S+/(nr-\S+)$", done.stdout, re.MULTILINE)
    assert heads == [f"nr-{what}-workers.{sort}" for what in ("audit", "report") for sort in ("service", "timer")]
    assert "OnCalendar=*-*-* *:00/15:00 UTC\n" in done.stdout
    assert f'Environment="XDG_DATA_HOME={ready.folder}/data"\n' in done.stdout
    assert not folder(ready).exists()


def test_units_are_shown_written_and_removed(ready: Home, tmp_path: Path) -> None:
    units = tmp_path / "units"
    done = ready.nr(*EVERY, "--group", "workers", "--report", "daily", "--to", str(units))
    assert done.returncode == 0, done.stderr
    assert "no systemd was told" in done.stderr
    names = sorted(path.name for path in units.iterdir())
    assert names == sorted(f"nr-{what}-workers.{sort}" for what in ("audit", "report") for sort in ("service", "timer"))
    assert all((units / name).read_text() in done.stdout for name in names)
    one = kept(ready, "workers")
    assert (one.every_s, one.groups, one.selection) == (900, ("workers",), "group workers")
    assert one.folder == str(ready.project.resolve())
    # Without the report its units go.
    assert ready.nr(*EVERY, "--group", "workers", "--to", str(units)).returncode == 0
    assert sorted(path.name for path in units.iterdir()) == ["nr-audit-workers.service", "nr-audit-workers.timer"]
    assert kept(ready, "workers").installed_at == one.installed_at
    assert ready.nr("schedule", "remove", "workers").returncode == 0
    assert list(units.iterdir()) == []
    assert kept(ready, "workers").removed_at is not None
    assert ready.nr("schedule", "list").stdout == ""


def test_what_a_unit_starts_can_be_started(ready: Home, tmp_path: Path) -> None:
    """The very words of ExecStart, from another folder, with the very variables of the unit and no others."""
    units = tmp_path / "units"
    assert ready.nr(*EVERY, "--to", str(units), "--inventory", "inventory").returncode == 0
    service = (units / "nr-audit-all-hosts.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    words = [word.strip('"') for word in command.split(" ")]
    given = dict(re.findall(r'^Environment="(\w+)=(.*)"$', service, re.MULTILINE))
    done = subprocess.run(words, cwd="/", env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    assert "2 not observed; all hosts" in done.stdout
    assert len(ready.nr("history").stdout.splitlines()) == 1


def test_a_crontab_line_starts_what_it_says(ready: Home) -> None:
    done = ready.nr(*EVERY, "--group", "workers", "--report", "daily", "--as", "cron")
    audit, report = done.stdout.splitlines()
    assert audit.startswith("*/15 * * * * ")
    for line, code in ((audit, 3), (report, 0)):
        command = line.split(" ", 5)[5]
        ran = subprocess.run(
            ["/bin/sh", "-c", command], env={"HOME": str(ready.folder / "home")}, capture_output=True, text=True,
            timeout=60, check=False, cwd="/",
        )  # fmt: skip
        assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", "")
    (page,) = (ready.runs.parent / "reports").iterdir()
    assert re.fullmatch(r"workers-\d{4}-\d\d-\d\d\.html", page.name)
    assert page.read_text().startswith("<!DOCTYPE html>") or page.read_text().startswith("<!doctype html>")


def test_a_manifest_holds_the_schedule_and_a_pod_can_run_it(ready: Home, tmp_path: Path) -> None:
    done = ready.nr(*EVERY, "--group", "workers", "--as", "cronjob", "--image", "registry/nr:1")
    assert not folder(ready).exists()
    config, job = YAML(typ="safe", pure=True).load_all(io.StringIO(done.stdout))
    assert job["kind"] == "CronJob"
    given = json.loads(config["data"]["schedule.json"])
    # Where the pod has /nr/inventory this machine has its own.
    given |= {"folder": str(ready.project), "inventory": str(ready.project / "inventory")}
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps(given))
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    words = [str(file) if word.endswith(".json") else word for word in container["command"]]
    ran = ready.nr(*words[1:])
    assert (words[0], ran.returncode) == ("nr", 0)
    assert "2 not observed; group workers" in ran.stdout
    assert [state["schedule"]["form"] for state in listed(ready)] == ["cronjob"]


def test_one_that_is_still_under_way_is_not_overtaken(home: Home) -> None:
    with silent_port() as port:
        home.inventory(port, "w1")
        (home.project / "nr.yaml").touch()
        assert home.nr(*EVERY, "--as", "cron", "--timeout", "20").returncode == 0
        first = subprocess.Popen([*NR, "schedule", "run", "all-hosts"], cwd=home.project, env=home.environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
        try:
            wait_for_lock(folder(home) / "all-hosts.lock", first)
            second = home.nr("schedule", "run", "all-hosts")
            assert (second.returncode, second.stdout) == (3, "")
            assert "the run before is still under way" in second.stderr
            assert home.nr("schedule", "run", "all-hosts", "--zero").returncode == 0
            first.terminate()  # like Ctrl-C: what is known is kept, and the lock is free
            out, _ = first.communicate(timeout=30)
            assert "interrupted" in out
        finally:
            first.kill()
            first.wait()
        (state,) = listed(home)
        assert state["left_out"] == 2
        assert state["last_run"] is None  # one that was cut short is no audit
        assert home.nr("schedule", "list").stdout.count("2 left out") == 1


def wait_for_lock(path: Path, holder: "subprocess.Popen[str]") -> None:
    """Until the kernel says who holds it; a minute at most."""
    for _ in range(600):
        assert holder.poll() is None
        if path.exists() and f" {holder.pid} " in held(path):
            return
        time.sleep(0.1)
    raise AssertionError("it never took the lock")


def held(path: Path) -> str:
    inode = f":{path.stat().st_ino} "
    return "".join(line for line in Path("/proc/locks").read_text().splitlines(keepends=True) if inode in line)


def test_a_missed_run_is_visible(ready: Home) -> None:
    assert ready.nr(*EVERY, "--as", "cron").returncode == 0
    done = ready.nr("schedule", "list")
    assert done.returncode == 0
    assert "no run yet" in done.stdout
    assert "0 missed in the last day" in done.stdout
    rewrite(ready, "all-hosts", installed_at=datetime.now(UTC) - timedelta(hours=2, minutes=1))
    done = ready.nr("schedule", "list")
    assert (done.returncode, "7 missed in the last day" in done.stdout) == (1, True)
    assert ready.nr("schedule", "run", "all-hosts").returncode == 3
    (state,) = listed(ready)
    assert (state["missed"], state["last_run"] is None) == (7, False)
    assert ready.nr("report", "--since", "1d", "-o", "openmetrics", "--to", "nr.prom").returncode == 0
    text = (ready.project / "nr.prom").read_text()
    read = [one for family in text_string_to_metric_families(text) for one in family.samples]
    assert [(one.labels, one.value) for one in read if one.name == "nr_missed_runs"] == [({"schedule": "all-hosts"}, 7)]


def test_two_schedules_of_the_same_hosts_are_refused(ready: Home) -> None:
    assert ready.nr(*EVERY, "--as", "cron").returncode == 0
    done = ready.nr(*EVERY, "--as", "cron", "--name", "twin")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the schedule 'all-hosts' audits all hosts too" in done.stderr
    assert ready.nr(*EVERY, "--as", "cron", "--group", "workers").returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--every", "7m"), "must divide an hour or a day"),
        (("--every", "soon"), "'soon' is no span of time"),
        (("--every", "1h", "--group", "nobody"), "there is no group 'nobody'"),
        (("--every", "1h", "--name", "a b"), "a schedule cannot be called 'a b'"),
        (("--every", "1h", "--as", "cronjob"), "needs --image"),
        (("--every", "1h", "--to", "/proc/none"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_kept(ready: Home, words: tuple[str, ...], says: str) -> None:
    done = ready.nr("schedule", "install", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder(ready) / "all-hosts.json").exists()


def test_a_schedule_whose_folder_is_gone_says_so(ready: Home) -> None:
    assert ready.nr(*EVERY, "--as", "cron").returncode == 0
    rewrite(ready, "all-hosts", folder=str(ready.folder / "gone"))
    done = ready.nr("schedule", "run", "all-hosts")
    assert done.returncode == 2
    assert "the schedule's folder cannot be entered" in done.stderr


def test_a_password_is_written_nowhere_and_that_is_said(ready: Home, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/secret-word.sqlite"
    done = ready.nr(*EVERY, "--to", str(tmp_path / "units"), NR_HISTORY_URL=url)
    assert done.returncode == 0
    assert "NR_HISTORY_URL may hold a password" in done.stderr
    assert "secret-word" not in done.stdout + done.stderr
    assert all("secret-word" not in path.read_text() for path in (tmp_path / "units").iterdir())
