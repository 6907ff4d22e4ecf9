"""`nr plan`, `nr approve`, `nr apply`, `nr resume`, `nr runs` as far as they go without a host."""

import json
import subprocess
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import Plan
from nornir_hygiene.report import json as report_json
from tests.cli.command import Home, closed_port
from tests.remediate.problems import FROZEN, STOPPED, ZOMBIES, audit, seen


@pytest.fixture
def kept(home: Home) -> Home:
    """A saved audit of three sick hosts."""
    report = audit(seen("host-1", ZOMBIES), seen("host-2", FROZEN), seen("host-3", STOPPED))
    home.runs.mkdir(parents=True)
    (home.runs / f"{report.run_id}.json").write_text(report_json.render(report))
    home.inventory(closed_port(), "host-1", "host-2", "host-3")
    (home.project / "nr.yaml").touch()
    return home


def planned(home: Home, runbook: str) -> Plan:
    done = home.nr("plan", runbook, "--from", "2026", "-o", "json")
    assert done.returncode == 1, done.stderr
    return Plan.model_validate_json(done.stdout)


def test_a_plan_is_shown_saved_and_changes_nothing(kept: Home) -> None:
    done = kept.nr("plan", "thaw", "--from", "2026")
    name = done.stdout.partition(":")[0]
    assert "  host-2: filesystem-frozen on filesystem /mnt/x" in done.stdout
    assert "       host-2: thaw the filesystem mounted on /mnt/x" in done.stdout
    assert "1 of 1 targets can be worked on; nothing was changed." in done.stdout
    assert (kept.runs.parent / "plans" / f"{name}.json").is_file()
    assert name in done.stderr


def test_without_a_runbook_each_that_is_for_something_is_planned(kept: Home) -> None:
    done = kept.nr("plan", "--from", "2026", "-o", "jsonl")
    runbooks = [json.loads(line)["runbook"] for line in done.stdout.splitlines()]
    assert {"reap-zombies", "resume-stopped", "thaw"} <= set(runbooks)
    assert "restart-ceph-osd" not in runbooks


def test_a_disruptive_plan_needs_somebody_who_can_approve_it(kept: Home) -> None:
    plan = planned(kept, "thaw")
    refused = kept.nr("apply", plan.plan_id)
    assert refused.returncode == 2
    assert "the policy names no allowed signers" in refused.stderr
    assert "approval: {disruptive: none}" in refused.stderr


def test_a_plan_is_signed_with_the_persons_own_key(kept: Home, tmp_path: Path) -> None:
    plan = planned(kept, "thaw")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    done = kept.nr("approve", plan.plan_id, "--key", str(key))
    assert done.returncode == 0, done.stderr
    signature = kept.runs.parent / "plans" / f"{plan.plan_id}.approval.sig"
    assert signature.read_text().startswith("-----BEGIN SSH SIGNATURE-----")
    assert "could not be signed" in kept.nr("approve", plan.plan_id, "--key", str(tmp_path / "none")).stderr


def test_a_host_that_is_away_is_neither_repaired_nor_healed(kept: Home) -> None:
    plan = planned(kept, "resume-stopped")
    done = kept.nr("apply", plan.plan_id, "-o", "json", "--timeout", "5")
    assert done.returncode == 4, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["end"] == "refused"
    assert "connection-refused" in result["why"]
    run_id = kept.nr("runs").stdout.split()[0]
    assert "run-ended" in kept.nr("runs", "show", run_id).stdout
    assert f"{run_id} came to its end" in kept.nr("resume", run_id).stderr


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["plan", "restart-cehp-osd"], "did you mean restart-ceph-osd"),
        (["plan", "thaw", "--from", "1999"], "there is no saved run that begins with '1999'"),
        (["apply", "plan-1999"], "there is no plan 'plan-1999'"),
        (["approve", "plan-1999", "--key", "k"], "there is no plan 'plan-1999'"),
        (["resume", "apply-1999"], "there is no run 'apply-1999' in the journal"),
        (["runs", "show", "apply-1999"], "there is no run 'apply-1999' in the journal"),
        (["runs", "close", "restart-cehp-osd"], "did you mean restart-ceph-osd"),
    ],
)
def test_a_wrong_command_line_is_exit_2(kept: Home, arguments: list[str], answer: str) -> None:
    done = kept.nr(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert answer in done.stderr


def test_a_broken_runbook_or_policy_is_named_with_its_line(kept: Home) -> None:
    (kept.project / "playbooks").mkdir()
    (kept.project / "playbooks" / "mine.yaml").write_text("title: Mine\nabuot: x\n")
    done = kept.nr("plan", "mine", "--from", "2026")
    assert done.returncode == 2
    assert "mine.yaml:2: unknown key 'abuot'" in done.stderr
    (kept.project / "policy.yaml").write_text("approval:\n  disruptive: nobody\n")
    refused = kept.nr("apply", planned(kept, "thaw").plan_id)
    assert refused.returncode == 2
    assert "policy.yaml:2: approval.disruptive" in refused.stderr
