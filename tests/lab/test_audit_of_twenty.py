"""Twenty hosts, five of them hung in five ways: the run ends in time, all are accounted for, nothing stays behind."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from tests.lab.audits import audit

pytestmark = pytest.mark.lab


def twenty(lab: Lab, folder: Path) -> Path:
    """Fifteen names for the real hosts, and five that hang: no host, a mute listener, a login shell that sleeps,
    a host whose sshd is frozen, a listener that never reads.
    """
    yaml = YAML(typ="safe")
    entries = yaml.load(INVENTORY_DIR / "hosts.yaml")
    real = [entries[name] for name in ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2")]
    hosts = {f"host-{number:02}": real[number % 5] for number in range(15)}
    for stem in ("gone", "mute", "asleep"):
        name = next(name for name in entries if name.startswith(stem))
        hosts[name] = entries[name]
    hosts["frozen-sshd"] = entries["clean-1"]
    hosts["deaf"] = {**entries["clean-1"], "port": 2199}
    folder.mkdir()
    yaml.dump(hosts, folder / "hosts.yaml")
    for name in ("groups.yaml", "defaults.yaml"):
        (folder / name).write_text((INVENTORY_DIR / name).read_text())
    return folder


def test_five_hung_hosts_cost_their_own_deadline_and_no_more(lab: Lab, tmp_path: Path) -> None:
    inventory = twenty(lab, tmp_path / "inventory")
    clean = lab.host("clean-1")
    clean.start_unit("deaf.service", ["python3", "-S", "-c", DEAF])
    sshd = next(task for task in clean.tasks() if task.comm == "sshd" and task.parent == 1)
    os.kill(sshd.outer, 19)
    try:
        before = sessions(lab)
        begun = time.monotonic()
        report = audit("--workers", "20", "--timeout", "10", inventory=inventory)
        took_s = time.monotonic() - begun
    finally:
        os.kill(sshd.outer, 18)
        clean.stop_unit("deaf.service")
    assert took_s < 14
    assert len(report.hosts) == 20
    hung = {host.host: host.not_observed.reason for host in report.hosts if host.not_observed}
    assert len(hung) == 5, hung
    assert [finding for host in report.hosts for finding in host.findings] == []
    assert report.totals.clean == 15
    time.sleep(1)
    assert sessions(lab) <= before
    assert nobody_of_ours_is_left(inventory)


DEAF = "import socket, time\ns = socket.create_server(('0.0.0.0', 2199), backlog=8)\ntime.sleep(60)"


def sessions(lab: Lab) -> set[str]:
    """Every shell or reader below a login on the hosts that answered."""
    names = {"sh", "grep", "ps", "awk", "sleep", "find", "ls", "sed"}
    hosts = ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2")
    return {f"{host} {task.pid} {task.comm}" for host in hosts for task in lab.host(host).tasks() if task.comm in names}


def nobody_of_ours_is_left(inventory: Path) -> bool:
    seen = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, timeout=10, check=True).stdout
    return str(inventory) not in seen
