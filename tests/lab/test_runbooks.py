"""Ladders and refusals on real hosts, verified on the host, never by the journal. Molecule rehearses the rest."""

import time
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from tests.lab.audits import planted_and_ripe
from tests.lab.desk import Desk, steps_of, the_result

pytestmark = pytest.mark.lab

# A parent of three zombies. What it does with SIGCHLD is its first word, where its flag lies its second: with a flag
# there it has learnt its lesson and makes no zombies any more.
PARENT = """
import os, signal, sys, time
word, flag = sys.argv[1:]
def reap(*_):
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0: return
        except ChildProcessError: return
with open("/proc/self/comm", "w") as comm: comm.write("ledger-parent")
if not os.path.exists(flag):
    for _ in range(3):
        if os.fork() == 0: os._exit(0)
    time.sleep(0.5)
open(flag, "w").close()
if word == "reaps": signal.signal(signal.SIGCHLD, reap)
if word == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True: time.sleep(60)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def parent_on(host: LabHost, word: str, unit: str, *options: str) -> None:
    """Three zombies and their parent, in a unit of its own."""
    host.write("/run/ledger-parent.py", PARENT)
    host.run(["rm", "-f", "/run/ledger-parent.flag"])
    host.run(["systemd-run", "--quiet", f"--unit={unit}", *options, "python3", "/run/ledger-parent.py", word,
              "/run/ledger-parent.flag"])  # fmt: skip
    wait_for("the zombies", lambda: zombies(host), timeout_s=15, every_s=0.3)
    time.sleep(3.5)


def zombies(host: LabHost) -> int:
    shown = host.run(["ps", "-eo", "stat=,comm="]).stdout.splitlines()  # no cgroup lists them
    return sum(line.startswith("Z") and "ledger-parent" in line for line in shown)


def invocation(host: LabHost, unit: str) -> str:
    return host.run(["systemctl", "show", "--property=InvocationID", "--value", unit]).stdout.strip()


@pytest.mark.parametrize(
    ("word", "outcomes"),
    [
        # A handler that waits: it lost the signals that came before it was there.
        ("reaps", [("remind", "changed")]),
        # No handler: nothing to remind; the service starts a program that behaves.
        ("sleeps", [("restart", "changed")]),
    ],
)
def test_zombies_are_reaped_by_the_first_rung_that_helps(
    lab: Lab, desk: Desk, word: str, outcomes: list[object]
) -> None:
    host, unit = lab.host("worker-1"), "ledger.service"
    try:
        parent_on(host, word, unit)
        before = invocation(host, unit)
        report = desk.apply(desk.plan("reap-zombies", "--host", "worker-1"))
        assert (the_result(report).end, steps_of(report)) == ("repaired", outcomes)
        assert zombies(host) == 0
        assert (invocation(host, unit) == before) is (word == "reaps")
    finally:
        host.stop_unit(unit)


def test_a_parent_without_a_service_is_ended_and_only_killed_when_it_will_not_go(lab: Lab, desk: Desk) -> None:
    host, unit = lab.host("worker-1"), "ledger-login.scope"
    scope = f"systemd-run --quiet --scope --unit={unit} --slice=user.slice"
    inside = f"{scope} python3 /run/ledger-parent.py deaf /run/ledger-parent.flag"
    try:
        host.write("/run/ledger-parent.py", PARENT)
        host.run(["rm", "-f", "/run/ledger-parent.flag"])
        host.run(["sh", "-c", f"setsid {inside} </dev/null >/dev/null 2>&1 &"])
        wait_for("the zombies", lambda: zombies(host), timeout_s=15, every_s=0.3)
        time.sleep(3.5)
        report = desk.apply(desk.plan("reap-zombies", "--host", "worker-1"))
        assert steps_of(report) == [("restart", "unfit"), ("end", "changed"), ("kill", "changed")]
        assert the_result(report).end == "repaired"
        assert zombies(host) == 0
    finally:
        host.run(["systemctl", "kill", "--signal=KILL", unit], check=False)


def test_a_limit_of_the_kubelet_is_not_ours_to_raise(lab: Lab, desk: Desk) -> None:
    planted_and_ripe(lab, "pids-limit", host="worker-2")
    plan = desk.plan("raise-pids-limit", "--group", "k8s-workers")
    (target,) = plan.targets
    assert [refusal.guard for refusal in target.refused] == ["not-in-a-container"]
    assert the_result(desk.apply(plan)).end == "refused"


def test_nothing_is_done_about_what_healed_between_plan_and_apply(lab: Lab, desk: Desk) -> None:
    (planted,) = planted_and_ripe(lab, "stopped", host="worker-2")
    plan = desk.plan("resume-stopped", "--group", "k8s-workers")
    lab.heal(planted)
    report = desk.apply(plan)
    assert (the_result(report).end, steps_of(report)) == ("healed", [])


def test_a_plan_is_good_once_and_for_its_time(lab: Lab, desk: Desk) -> None:
    plan = desk.plan("resume-stopped", "--host", "clean-1", "--expires", "10")
    desk.apply(plan)
    assert f"{plan.plan_id} was applied already" in desk.refusal("apply", plan.plan_id)
    late = desk.plan("resume-stopped", "--host", "clean-1", "--expires", "10")
    time.sleep(10)
    assert f"{late.plan_id} expired" in desk.refusal("apply", late.plan_id)


def test_nothing_of_the_runs_is_left_on_the_hosts(lab: Lab) -> None:
    for name in ("worker-1", "worker-2", "clean-1"):
        left = lab.host(name).run(
            ["sh", "-c", "ls /run/nornir-hygiene.receipts /run/nornir-hygiene.locks"], check=False
        )
        assert set(left.stdout.split()) <= {"guard", "/run/nornir-hygiene.receipts:", "/run/nornir-hygiene.locks:"}
