"""One OSD was restarted, once; the cluster is whole, and the checks on all three workers ended by themselves."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
WORKERS = ["worker-1", "worker-2", "worker-3"]
STEPS = ["may it be stopped", "hold its place", "restart", "wait for the cluster", "take back: hold its place"]


def said(host, unit: str) -> list[str]:
    """By systemd, since it was broken."""
    since = (HERE / "broken-since").read_text().strip()
    return host.check_output(f"journalctl -o cat -u '{unit}' --since @{since} _PID=1").splitlines()


def test_one_plan_with_one_target_repaired_it_for_all_three(result) -> None:
    told = result("restart-ceph-osd")
    assert told["end"] == "repaired"
    assert told["host"] in ("ceph-1", "ceph-2")
    (rung,) = told["rungs"]
    assert [name for name, _ in rung["steps"]] == STEPS
    assert "may be stopped" in dict(rung["steps"])["may it be stopped"]["detail"]


def test_it_did_not_take_long() -> None:
    """From the begin of the audit behind the plan to the end of the proof that all is well."""
    report = json.loads((HERE / "restart-ceph-osd.json").read_text())
    plan = json.loads((HERE / "data" / "nornir-hygiene" / "plans" / f"{report['plan_id']}.json").read_text())
    begun = datetime.strptime(plan["from_run"].partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ended = datetime.fromisoformat(report["finished_at"])
    wall_s = (ended - begun).total_seconds()
    sufferers = plan["targets"][0]["sufferers"]
    sys.stdout.write(f"\nfrom plan to verified: {wall_s:.0f} s, for {', '.join(sufferers)}\n")
    assert sufferers == WORKERS
    assert wall_s < 120


def test_systemd_started_that_osd_once_and_no_other(on, result) -> None:
    at = result("restart-ceph-osd")["host"]
    for name in ("ceph-1", "ceph-2"):
        starts = [line for line in said(on(name), "ceph-osd@*") if line.startswith("Started ")]
        assert len(starts) == (name == at), starts


def test_noout_was_set_for_it_and_is_gone(on) -> None:
    """The cluster's own log of commands has both."""
    since = datetime.fromtimestamp(int((HERE / "broken-since").read_text()), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    log = on("ceph-1").check_output("ceph --connect-timeout 10 log last 1000 info audit").splitlines()
    done = [line for line in log if line > since and "finished" in line]
    assert [("add" if "add-noout" in line else "rm") for line in done if "noout" in line] == ["add", "rm"]


def test_the_cluster_is_whole(on) -> None:
    dump = json.loads(on("ceph-1").check_output("ceph --connect-timeout 10 osd dump -f json"))
    assert all(osd["up"] and osd["in"] for osd in dump["osds"])
    assert "noout" not in dump["flags"]
    assert not any("noout" in osd["state"] for osd in dump["osds"])
    states = json.loads(on("ceph-1").check_output("ceph --connect-timeout 10 pg stat -f json"))
    assert {each["name"] for each in states["pg_summary"]["num_pg_by_state"]} == {"active+clean"}


@pytest.mark.parametrize("name", WORKERS)
def test_the_check_ended_by_itself_and_well(on, name) -> None:
    worker = on(name)
    assert not worker.check_output("ps -eo comm= | grep '^fsck' || true")
    lines = "\n".join(said(worker, "volume-check-*"))
    assert "Deactivated successfully" in lines  # of the exit status 0
    assert "Failed" not in lines
