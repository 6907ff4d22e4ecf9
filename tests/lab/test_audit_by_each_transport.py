"""The three transports audit the same faulty host to the same findings."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.expectations import COMES_AND_GOES
from nornir_hygiene.lab.places import INVENTORY_DIR
from tests.lab.audits import audit, planted_and_ripe

pytestmark = pytest.mark.lab
TRANSPORTS = ("paramiko", "openssh", "netmiko")


def inventory_with(transport: str, folder: Path) -> Path:
    yaml = YAML(typ="safe")
    defaults = yaml.load(INVENTORY_DIR / "defaults.yaml")
    defaults["data"]["nornir_hygiene"]["transport"] = transport
    folder.mkdir()
    yaml.dump(defaults, folder / "defaults.yaml")
    for name in ("hosts.yaml", "groups.yaml"):
        (folder / name).write_text((INVENTORY_DIR / name).read_text())
    return folder


def test_each_transport_comes_to_the_same_findings(lab: Lab, tmp_path: Path) -> None:
    planted_and_ripe(lab, "zombies", "pids-limit", "fuse-hang", host="worker-1")
    seen = {}
    for transport in TRANSPORTS:
        inventory = inventory_with(transport, tmp_path / transport)
        report = audit("--host", "worker-1", "--host", "clean-1", "--timeout", "20", inventory=inventory)
        assert [host.not_observed for host in report.hosts] == [None, None], transport
        findings = (finding for host in report.hosts for finding in host.findings)
        seen[transport] = {finding.fingerprint for finding in findings if finding.kind != COMES_AND_GOES}
    assert len(seen["paramiko"]) == 3
    assert seen["openssh"] == seen["paramiko"]
    assert seen["netmiko"] == seen["paramiko"]
