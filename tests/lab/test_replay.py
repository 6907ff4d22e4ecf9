"""What was recorded is diagnosed as it was audited."""

import json
import time
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import RIPE_S, audit, nr

pytestmark = pytest.mark.lab


def fingerprints(report: AuditReport) -> dict[str, set[str]]:
    return {host.host: {finding.fingerprint for finding in host.findings} for host in report.hosts}


def test_a_recording_has_the_findings_of_its_audit_and_the_clusters_side(lab: Lab) -> None:
    for number, fault in enumerate(("zombies", "orphan-leak", "rbd-osd-stopped"), start=1):
        lab.plant(fault, host=f"worker-{number}")
    time.sleep(RIPE_S)
    group = ("--group", "k8s-workers", "--timeout", "25")
    report = audit(*group)
    expected = fingerprints(report)
    recorded = nr("run", "record", "--inventory", str(INVENTORY_DIR), *group, "-o", "json", timeout_s=120)
    files = {one["host"]: Path(one["result"]) for one in json.loads(recorded.stdout)["hosts"]}
    assert {f"ceph-{number} (its cluster)" for number in (1, 2)} <= files.keys()
    folder = files["worker-1"].parent
    printed = [nr("diagnose", str(folder), "-o", "json").stdout for _ in range(2)]
    assert printed[0] == printed[1]
    again = AuditReport.model_validate_json(printed[0])
    assert fingerprints(again) == expected
    assert sum(map(len, expected.values())) == 3
    (told,) = (cause for cause in report.causes if cause.sort == "osd")
    (cause,) = (cause for cause in again.causes if cause.sort == "osd")
    assert cause.established, cause.why_not
    assert (cause.name, cause.sick, cause.fingerprints) == (told.name, told.sick, told.fingerprints)
    tree = json.loads(nr("tree", "worker-1", "--recording", str(folder), "-o", "json").stdout)
    assert any("zombie" in row["marks"] for row in tree["rows"])
