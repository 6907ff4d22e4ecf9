"""The same faulty fleet through three inventories: Nornir's, ssh_config with a jump host, a dynamic Ansible script."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import RIPE_S, audit, nr

pytestmark = pytest.mark.lab
JUMP, BEHIND = "worker-1", ("worker-2", "worker-3")
SCRIPT = """\
#!/bin/sh
[ "$1" = --list ] && exec cat "$(dirname "$0")/listed.txt"
exit 3
"""


def lab_settings() -> dict[str, Any]:
    settings: dict[str, Any] = YAML(typ="safe").load(INVENTORY_DIR / "defaults.yaml")["data"]["nornir_hygiene"]
    return settings


def addresses() -> dict[str, str]:
    hosts = YAML(typ="safe").load(INVENTORY_DIR / "hosts.yaml")
    return {name: hosts[name]["hostname"] for name in (JUMP, *BEHIND)}


def ssh_config(path: Path) -> Path:
    """Workers 2 and 3 are reached through worker 1 only."""
    settings = lab_settings()
    blocks = [f"Host {name}\n  HostName {address}\n" for name, address in addresses().items()]
    jump = f"Host {' '.join(BEHIND)}\n  ProxyJump {JUMP}\n"
    everywhere = f"""Host *
  User root
  IdentityFile {settings["identity_file"]}
  UserKnownHostsFile {settings["known_hosts"]}
"""
    path.write_text("".join([*blocks, jump, everywhere]))
    return path


def ansible_script(folder: Path, config: Path) -> Path:
    """What a script of the CMDB would print; the jump host stands in ansible_ssh_common_args."""
    settings = lab_settings()
    jump = {"ansible_ssh_common_args": f'-o ProxyCommand="ssh -F {config} -W %h:%p {JUMP}"'}
    hostvars = {
        name: {"ansible_host": address} | (jump if name in BEHIND else {}) for name, address in addresses().items()
    }
    kept = {key: settings[key] for key in ("known_hosts", "thresholds")}
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": settings["identity_file"],
        "nornir_hygiene": kept,
    }
    listed = {"k8s-workers": {"hosts": [JUMP, *BEHIND], "vars": variables}, "_meta": {"hostvars": hostvars}}
    (folder / "listed.txt").write_text(json.dumps(listed))
    path = folder / "cmdb"
    path.write_text(SCRIPT)
    path.chmod(0o755)
    return path


def project_with_thresholds(folder: Path) -> Path:
    """An ssh_config knows no thresholds: those of the project's defaults.yaml hold."""
    (folder / "inventory").mkdir(parents=True)
    (folder / "nr.yaml").touch()
    data = {"nornir_hygiene": {"thresholds": lab_settings()["thresholds"]}}
    (folder / "inventory" / "defaults.yaml").write_text(json.dumps({"data": data}))
    return folder


def seen(report: AuditReport) -> dict[str, set[tuple[str, str]]]:
    assert [host.not_observed for host in report.hosts] == [None] * len(report.hosts)
    return {host.host: {(each.kind, each.fingerprint) for each in host.findings} for host in report.hosts}


def test_three_inventories_give_the_same_audit(lab: Lab, tmp_path: Path) -> None:
    for fault, host in (("zombies", BEHIND[0]), ("pids-limit", BEHIND[1]), ("fuse-hang", JUMP)):
        lab.plant(fault, host=host)
    time.sleep(RIPE_S)
    config = ssh_config(tmp_path / "config")
    ansible = ansible_script(tmp_path, config)
    came_from = ["ssh", "-F", str(config), "-o", "BatchMode=yes", BEHIND[0], "echo $SSH_CONNECTION"]
    assert subprocess.check_output(came_from, text=True).split()[0] == addresses()[JUMP]

    expected = seen(audit("--group", "k8s-workers"))
    assert all(len(findings) == 1 for findings in expected.values())
    assert seen(audit("--group", "k8s-workers", inventory=f"ansible:{ansible}")) == expected
    project = project_with_thresholds(tmp_path / "project")
    told = nr("run", "audit", "--inventory", f"ssh-config:{config}", "-o", "json", cwd=project)
    assert seen(AuditReport.model_validate_json(told.stdout)) == expected
    for spec in (f"ansible:{ansible}", f"ssh-config:{config}"):
        tree = json.loads(nr("tree", BEHIND[0], "--inventory", spec, "-o", "json").stdout)
        assert {"zombie"} <= {mark for row in tree["rows"] for mark in row["marks"]}
        parent = next(row["process"]["ppid"] for row in tree["rows"] if "zombie" in row["marks"])
        threads = json.loads(nr("threads", BEHIND[0], str(parent), "--inventory", spec, "-o", "json").stdout)
        assert threads["looked_closer"]
        assert threads["rows"][0]["thread"]["switches"] > 0
    full = json.loads(nr("tree", BEHIND[1], "--inventory", f"ansible:{ansible}", "-o", "json").stdout)
    assert any(row["place"].startswith("pod ") for row in full["rows"])
