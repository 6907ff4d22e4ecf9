"""`suppressions.yaml` and the commands, on a real zombie behind a real sshd of this machine."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nornir_hygiene.fleet.knowledge import kind_book
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.report import json as report_json
from tests.cli.command import Home, closed_port
from tests.fleet.conftest import require_sshd
from tests.fleet.loopback import Sshd, running_sshd
from tests.remediate.problems import STOPPED, ZOMBIES, audit, seen

DOCS = Path(__file__).parents[2] / "docs"
KIND = "zombie-parent-not-waiting"
PARENT = "import os, time; child = os.fork(); child or os._exit(0); print(os.getpid(), flush=True); time.sleep(300)"


@contextmanager
def zombie() -> Iterator[int]:
    """A parent that does not wait for its dead child; its pid."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            yield int(parent.stdout.readline())
        finally:
            parent.kill()


def suppress(home: Home, *entries: dict[str, Any]) -> None:
    said = [{"reason": "known", "owner": "me", "expires": "9000-01-01", **entry} for entry in entries]
    (home.project / "suppressions.yaml").write_text(json.dumps(said))  # JSON is YAML


def reachable(home: Home, sshd: Sshd) -> None:
    """One host, this machine, in the group `workers`; a zombie is one at once."""
    folder = home.inventory(sshd.port, "here")
    settings = sshd.settings(thresholds={"zombie_warning_s": 0, "zombie_few_count": 1})
    data = json.loads(settings.model_dump_json(exclude_unset=True))
    (folder / "defaults.yaml").write_text(json.dumps({"data": {"nornir_hygiene": data}}))
    (home.project / "nr.yaml").touch()


def test_a_real_zombie_is_told_hidden_and_told_again(home: Home) -> None:
    require_sshd()
    with running_sshd() as sshd, zombie() as pid:
        reachable(home, sshd)
        assert _zombie_of(home, pid)["suppressed"] is None

        other = {"kind": KIND, "host": "there"}
        suppress(home, other, {"kind": KIND, "group": "workers", "subject": "*"})
        assert _zombie_of(home, pid)["suppressed"]["owner"] == "me"

        over = {"kind": KIND, "host": "here", "expires": "2020-01-01"}
        suppress(
            home, other, {"kind": KIND, "host": "*", "subject": "device *"}, {"kind": "stopped", "host": "*"}, over
        )
        assert _zombie_of(home, pid)["suppressed"] is None
        newest = max(path.stem for path in home.runs.iterdir())
        assert f"expired 2020-01-01: {KIND} on here, me, known (suppr" in home.nr("show", newest).stdout


def _zombie_of(home: Home, pid: int) -> dict[str, Any]:
    report = json.loads(home.nr("run", "audit", "-o", "json").stdout)
    jsonschema.validate(report, json.loads((DOCS / "audit-report.schema.json").read_text()))
    findings = [each for host in report["hosts"] for each in host["findings"]]
    assert report["suppressed"] == sum(1 for each in findings if each["suppressed"])
    (mine,) = [each for each in findings if each["kind"] == KIND and _about(each, pid)]
    return dict(mine)


def _about(finding: dict[str, Any], pid: int) -> bool:
    return any(pid in (task["pid"], task["ppid"]) for task in finding["evidence"]["tasks"])


def test_the_exit_code_of_a_real_audit_follows_what_counts(home: Home) -> None:
    require_sshd()
    with running_sshd() as sshd, zombie():
        reachable(home, sshd)
        assert home.nr("run", "audit").returncode == 1
        suppress(home, {"kind": [entry.kind for entry in kind_book().kinds], "host": "*"})
        done = home.nr("run", "audit", "--fail-on", "info")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "suppressed" in done.stdout.splitlines()[-1]


def test_a_mistake_is_answered_before_any_host_is_asked(home: Home) -> None:
    home.inventory(closed_port(), "w1")
    (home.project / "nr.yaml").touch()
    suppress(home, {"kind": "zombie-parent-not-wating", "host": "*"})
    done = home.nr("run", "audit")
    assert done.returncode == 2
    assert f"did you mean {KIND}" in done.stderr
    assert "suppressions.yaml:1: there is no kind" in done.stderr
    assert (done.stdout, home.runs.exists()) == ("", False)


@pytest.fixture
def kept(home: Home) -> Home:
    """A saved audit of two sick hosts."""
    report = audit(seen("host-1", ZOMBIES), seen("host-2", STOPPED))
    home.runs.mkdir(parents=True)
    (home.runs / f"{report.run_id}.json").write_text(report_json.render(report))
    home.inventory(closed_port(), "host-1", "host-2")
    (home.project / "nr.yaml").touch()
    return home


def test_a_plan_of_a_saved_audit_goes_by_what_is_suppressed_now(kept: Home) -> None:
    ask = ("plan", "reap-zombies", "--from", "2026", "-o", "json")
    assert len(Plan.model_validate_json(kept.nr(*ask).stdout).targets) == 1
    suppress(kept, {"kind": KIND, "group": "workers"})
    done = kept.nr(*ask)
    plan = Plan.model_validate_json(done.stdout)
    assert (done.returncode, plan.targets, plan.left_out[0].findings) == (0, (), 1)
    (kept.project / "suppressions.yaml").unlink()
    assert len(Plan.model_validate_json(kept.nr(*ask).stdout).targets) == 1


def test_without_a_runbook_it_is_said_too(kept: Home) -> None:
    suppress(kept, {"kind": KIND, "host": "host-1"})
    text = kept.nr("plan", "--from", "2026").stdout
    assert "  left out: 1 finding suppressed until 9000-01-01, me: known (suppressions.yaml:1)" in text
    assert "host-2: " in text


def test_the_published_schema_is_what_the_command_prints(home: Home) -> None:
    told = home.nr("schema", "suppressions").stdout
    assert (DOCS / "suppressions.schema.json").read_text() == told, (
        "nr schema suppressions >docs/suppressions.schema.json"
    )
