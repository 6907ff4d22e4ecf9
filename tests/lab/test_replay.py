"""What was recorded is diagnosed as it was audited."""

import json
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import audit, nr, planted_and_ripe

pytestmark = pytest.mark.lab


def fingerprints(report: AuditReport) -> dict[str, set[str]]:
    return {host.host: {finding.fingerprint for finding in host.findings} for host in report.hosts}


def test_a_recorded_fleet_has_the_findings_of_its_audit(lab: Lab) -> None:
    planted_and_ripe(lab, "zombies", host="worker-1")
    planted_and_ripe(lab, "orphan-leak", host="worker-2")
    expected = fingerprints(audit("--group", "k8s-workers"))
    recorded = nr("run", "record", "--inventory", str(INVENTORY_DIR), "--group", "k8s-workers", "-o", "json")
    folder = Path(json.loads(recorded.stdout)["hosts"][0]["result"]).parent
    printed = [nr("diagnose", str(folder), "-o", "json") for _ in range(2)]
    assert printed[0].stdout == printed[1].stdout
    assert fingerprints(AuditReport.model_validate_json(printed[0].stdout)) == expected
    assert sum(map(len, expected.values())) == 2
    tree = json.loads(nr("tree", "worker-1", "--recording", str(folder), "-o", "json").stdout)
    assert any("zombie" in row["marks"] for row in tree["rows"])


def test_a_recording_keeps_the_clusters_side_and_its_cause_is_found_again(lab: Lab) -> None:
    planted_and_ripe(lab, "rbd-osd-stopped", host="worker-1")
    group = ("--group", "k8s-workers", "--timeout", "25")
    (expected,) = audit(*group).causes
    recorded = nr("run", "record", "--inventory", str(INVENTORY_DIR), *group, "-o", "json", timeout_s=120)
    files = {one["host"]: Path(one["result"]) for one in json.loads(recorded.stdout)["hosts"]}
    assert {f"ceph-{number} (its cluster)" for number in (1, 2)} <= files.keys()
    printed = nr("diagnose", str(files["worker-1"].parent), "-o", "json").stdout
    (cause,) = AuditReport.model_validate_json(printed).causes
    assert cause.established, cause.why_not
    assert (cause.name, cause.sick, cause.fingerprints) == (expected.name, expected.sick, expected.fingerprints)
