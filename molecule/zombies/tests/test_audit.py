"""What testinfra sees on the host itself must be what the audit said."""

import json
import os
from pathlib import Path

import pytest
import testinfra
from testinfra.host import Host

LAB = Path("/run/nr-lab")


def on(name: str, address: str) -> Host:
    del name
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh_config"
    config.write_text(
        f"Host *\n  IdentityFile {LAB}/id_ed25519\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {LAB}/known_hosts\n  StrictHostKeyChecking yes\n"
    )
    return testinfra.get_host(f"ssh://root@{address}", ssh_config=str(config))


@pytest.fixture(name="report")
def read_report() -> dict[str, list[dict[str, object]]]:
    audit = json.loads((Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "audit.json").read_text())
    return {host["host"]: host["findings"] for host in audit["hosts"]}


def test_the_named_parent_really_is_the_parent_of_the_zombies(report) -> None:
    finding = next(one for one in report["worker-1"] if one["kind"] == "zombie-parent-not-waiting")
    zombies = [task for task in finding["evidence"]["tasks"] if task["stat"].startswith("Z")]
    worker = on("worker-1", "198.18.77.11")
    seen = worker.check_output("ps -eo pid=,ppid=,stat=").splitlines()
    really = {(pid, ppid) for pid, ppid, stat in map(str.split, seen) if stat.startswith("Z")}
    assert zombies
    assert {(str(task["pid"]), str(task["ppid"])) for task in zombies} <= really
    counted = next(int(fact["value"]) for fact in finding["evidence"]["facts"] if fact["name"] == "zombies")
    assert counted == len({pid for pid, ppid in really if ppid == str(zombies[0]["ppid"])})
    assert finding["subject"]["name"].startswith(f"{zombies[0]['ppid']}@")


def test_the_clean_host_has_zombies_in_passing_and_no_finding(report) -> None:
    assert report["clean-1"] == []
    assert on("clean-1", "198.18.77.31").run("true").rc == 0
