"""What a team brings along, on a real host: a yes, a wait, a program and a playbook; and a name a stranger chose."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ApplyReport
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.action import Task
from nornir_hygiene.remediate.actions.ansible import AnsibleArguments
from tests.lab.audits import RIPE_S
from tests.lab.desk import Desk, steps_of, the_result

pytestmark = pytest.mark.lab
HOST = "worker-3"
UNIT = "ledger-frozen.service"
NAME = "ledger $(touch canary);`touch canary`'\"{{ lookup('pipe', 'touch canary') }}"
# Keeps the words it was given; 3 says that they are kept already.
WITNESS = """#!/usr/bin/env python3
import json, os, sys
if os.path.exists("/run/ledger.words"): sys.exit(3)
with open("/run/ledger.words", "w") as words: json.dump(sys.argv[1:], words)
"""
PLAYBOOK = """
- hosts: k8s-workers
  gather_facts: false
  tasks:
    - name: keep the name
      ansible.builtin.copy: {content: "{{ group }}", dest: /run/ledger.name, mode: "0600"}
"""
RUNBOOK = """
title: Ours
about: Asks, waits, runs a program and a playbook. It thaws nothing, so that the finding stays for a second run.
handles: {kinds: [cgroup-frozen]}
risk: destructive
limits: {cooldown_s: 0, unhealthy_pct: 100}
rungs:
  - name: look after it
    steps:
      - {name: ask, do: pause, with: {text: "Is nobody making a checkpoint?"}}
      - {name: wait, do: wait-until, with: {active: ledger-frozen.service}}
      - {name: run, do: command, with: {argv: [/run/ledger-witness, -v, --, finding.cgroup], unchanged: [3]}}
      - {name: play, do: ansible, with: {playbook: ansible/keep.yml, values: {group: finding.cgroup}}, timeout_s: 90}
    gone: {within_s: 1, stays_s: 0}
"""


class Frozen:
    """A unit whose process is in a cgroup of that name, which can be frozen."""

    def __init__(self, host: LabHost) -> None:
        self.host = host
        self.folder = host.cgroup("freezer") / NAME

    def make(self) -> None:
        self.host.write("/run/ledger-witness", WITNESS, 0o755)
        self.host.start_unit(UNIT, ["sleep", "600"])
        inside = self.host.run(["systemctl", "show", "--property=MainPID", "--value", UNIT]).stdout
        self.folder.mkdir()
        (self.folder / "cgroup.procs").write_text(str(self.host.outer_pid(int(inside))))

    def freeze(self) -> None:
        (self.folder / "freezer.state").write_text("FROZEN")
        wait_for("the freeze", lambda: self.state() == "FROZEN", timeout_s=5, every_s=0.1)
        time.sleep(RIPE_S)

    def state(self) -> str:
        return (self.folder / "freezer.state").read_text().strip()

    def end(self) -> None:
        if self.folder.is_dir():
            (self.folder / "freezer.state").write_text("THAWED")
        self.host.stop_unit(UNIT)
        self.host.run(["sh", "-c", "rm -f /run/ledger.* /run/ledger-witness /canary /root/canary"])
        wait_for("the end of it", lambda: not (self.folder / "cgroup.procs").read_text(), timeout_s=10, every_s=0.1)
        self.folder.rmdir()


@pytest.fixture
def frozen(lab: Lab) -> Iterator[Frozen]:
    made = Frozen(lab.host(HOST))
    made.make()
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "ansible-home"))
    (tmp_path / "ansible").mkdir()
    (tmp_path / "ansible" / "keep.yml").write_text(PLAYBOOK)
    desk = Desk(tmp_path)
    ask = next(line for line in RUNBOOK.splitlines(keepends=True) if "pause" in line)
    (tmp_path / "playbooks" / "ours.yaml").write_text(RUNBOOK)
    (tmp_path / "playbooks" / "ours-unasked.yaml").write_text(RUNBOOK.replace(ask, ""))
    return desk


@pytest.mark.long
def test_a_team_s_own_steps_on_a_real_host(frozen: Frozen, desk: Desk) -> None:
    host = frozen.host
    frozen.freeze()
    plan = desk.plan("ours", "--host", HOST)
    says = [step.says for step in plan.targets[0].rungs[0].steps]
    assert says[0] == "wait for a person to say yes to: Is nobody making a checkpoint?"
    waiting = desk.apply(plan)
    assert the_result(waiting).end == "waiting"
    assert not host.path("/run/ledger.words").exists()
    assert not list(host.path("/run/nornir-hygiene.locks").glob("host"))
    assert b"waits for a yes" in desk.nr("runs").stdout
    done = desk.nr("resume", waiting.run_id, "--confirmed", "--inventory", str(INVENTORY_DIR), "-o", "json")
    report = ApplyReport.model_validate_json(done.stdout)
    assert (done.returncode, the_result(report).end) == (4, "not-helped"), done.stderr.decode()
    assert steps_of(report) == [("ask", "unchanged"), ("wait", "unchanged"), ("run", "changed"), ("play", "changed")]
    assert f"{waiting.run_id} came to its end" in desk.refusal("resume", waiting.run_id, "--confirmed")
    path = f"/{NAME}"
    assert json.loads(host.path("/run/ledger.words").read_text()) == ["-v", "--", path]
    assert host.path("/run/ledger.name").read_text() == path

    again = desk.apply(desk.plan("ours-unasked", "--host", HOST))
    assert steps_of(again) == [("wait", "unchanged"), ("run", "unchanged"), ("play", "unchanged")]
    assert not [place for place in ("/canary", "/root/canary") if host.path(place).exists()]
    assert not [*desk.folder.rglob("canary"), *Path().glob("canary")]


def test_ansible_does_not_talk_to_a_host_with_another_key(
    lab: Lab, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(desk.data))
    host = inventory_from(str(INVENTORY_DIR)).hosts[HOST]
    (tmp_path / "nobody").write_text("")
    host.data = {"nornir_hygiene": {"known_hosts": str(tmp_path / "nobody")}}
    arguments = AnsibleArguments(playbook="ansible/keep.yml", values={"group": "x"})
    play = ACTIONS["ansible"].here
    assert play
    result = play(Task(host, arguments, "ledger.1", "a test", 60)).result
    assert (result.outcome, "Host key verification failed" in result.detail) == ("refused", True), result
    assert not lab.host(HOST).path("/run/ledger.name").exists()
