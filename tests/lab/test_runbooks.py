"""The ladder for zombies and refusals on real hosts, verified on the host, never by the journal.

Molecule rehearses the rest.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from nornir_hygiene.content import playbook_data
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.furnish import GUEST_LIBRARY
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.models.plan import Plan, TargetResult
from tests.lab.audits import RIPE_S, planted_and_ripe
from tests.lab.desk import Desk, steps_of, the_result

pytestmark = pytest.mark.lab

# A parent of three zombies, called by its first word. Its second says what it does with signals; what it heard is
# written down. Where there is such a file already it has learnt its lesson and makes no zombies any more.
PARENT = """
import os, signal, sys, time
name, does = sys.argv[1], sys.argv[2].split("+")
heard = "/run/ladder/" + name
def hears(word):
    with open(heard, "a") as told: told.write(word + " ")
def reaps(*_):
    hears("CHLD")
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0: return
        except ChildProcessError: return
with open("/proc/self/comm", "w") as comm: comm.write(name)
if not os.path.exists(heard):
    for _ in range(3):
        if os.fork() == 0: os._exit(0)
    time.sleep(0.5)
    open(heard, "w").close()
if "reaps" in does: signal.signal(signal.SIGCHLD, reaps)
if "heedless" in does: signal.signal(signal.SIGCHLD, lambda *_: hears("CHLD"))
if "ignores" in does: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if "blocks" in does: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
if "deaf" in does: signal.signal(signal.SIGTERM, lambda *_: hears("TERM"))
if "waits-in-d" in does:
    from guest import stage
    stage.vfork_a_sleeper()
while True: time.sleep(60)
"""


class Parent(NamedTuple):
    """What it does with its signals, and what must come of it: of the steps, in its ears, to itself."""

    host: str
    name: str
    does: str
    steps: tuple[tuple[str, str], ...]
    heard: str = ""
    # It is still there, restarted by its service, or ended for good.
    then: str = "there"
    service: bool = True


LADDER = (
    # A handler that waits: it lost the signals that came before it was there.
    Parent("worker-1", "who-reaps", "reaps", (("remind", "changed"),), "CHLD "),
    Parent("worker-1", "who-heeds-not", "heedless", (("remind", "changed"), ("restart", "changed")), "CHLD ", "new"),
    # Nothing to remind; the service starts a program that behaves.
    Parent("worker-2", "who-sleeps", "sleeps", (("restart", "changed"),), then="new"),
    Parent("worker-3", "who-ignores", "ignores", (("restart", "changed"),), then="new"),
    Parent("worker-3", "who-blocks", "reaps+blocks", (("restart", "changed"),), then="new"),
    # No service: ended, and only killed when it will not go.
    Parent("ceph-1", "who-goes", "sleeps", (("restart", "unfit"), ("end", "changed")), "", "gone", service=False),
    Parent(
        *("worker-2", "who-stays", "heedless+deaf"),
        (("remind", "changed"), ("restart", "unfit"), ("end", "changed"), ("kill", "changed")),
        *("CHLD TERM ", "gone"),
        service=False,
    ),
    # It would reap by itself if it woke, and a signal would only strike later.
    Parent("ceph-1", "who-is-in-d", "reaps+waits-in-d", (("remind", "refused"),)),
)
INIT_ON = "ceph-2"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Planted:
    """One parent, with its zombies, in a unit of its own."""

    def __init__(self, lab: Lab, parent: Parent) -> None:
        self.parent = parent
        self.host: LabHost = lab.host(parent.host)
        self.unit = f"{parent.name}.{'service' if parent.service else 'scope'}"

    def plant(self) -> "Planted":
        self.host.write("/run/ladder.py", PARENT)
        self.host.run(["mkdir", "-p", "/run/ladder"])
        words = ["python3", "/run/ladder.py", self.parent.name, self.parent.does]
        if self.parent.service:
            self.host.start_unit(self.unit, words, f"Environment=PYTHONPATH={GUEST_LIBRARY}")
        else:
            scope = f"systemd-run --quiet --scope --unit={self.unit} --slice=user.slice {' '.join(words)}"
            self.host.run(["sh", "-c", f"setsid {scope} </dev/null >/dev/null 2>&1 &"])
        wait_for("the zombies", lambda: self.zombies() == 3 and self.heard() == "", timeout_s=15, every_s=0.3)
        self.before = (self.pid(), self.invocation())
        return self

    def zombies(self) -> int:
        shown = self.host.run(["ps", "-eo", "stat=,comm="]).stdout.splitlines()  # no cgroup lists them
        return sum(line.startswith("Z") and self.parent.name in line for line in shown)

    def heard(self) -> str | None:
        path = self.host.path(f"/run/ladder/{self.parent.name}")
        return path.read_text() if path.exists() else None

    def pid(self) -> int:
        """0 if it is gone."""
        alike = [task for task in self.host.tasks() if task.comm == self.parent.name and task.state != "Z"]
        return min((task.pid for task in alike), default=0)  # a vfork child is called like it

    def invocation(self) -> str:
        return self.host.run(["systemctl", "show", "--property=InvocationID", "--value", self.unit]).stdout.strip()

    def then(self) -> str:
        pid, invocation = self.before
        if self.pid() == 0:
            return "gone"
        return "there" if (self.pid(), self.invocation()) == (pid, invocation) else "new"

    def end(self) -> None:
        self.host.stop_unit(self.unit)
        self.host.run(["rm", "-rf", "/run/ladder", "/run/ladder.py"])


def the_ladder(desk: Desk) -> str:
    """The built-in one, for more kinds and hosts at once, with less patience; its rungs and guards are the same."""
    content = json.loads(json.dumps(playbook_data("reap-zombies").content))
    content["handles"]["kinds"] += ["zombie-parent-blocked", "zombie-init-not-reaping"]
    content["limits"] = {"hosts": 6, "unhealthy_pct": 100}
    for rung in content["rungs"]:
        rung["gone"] = {"within_s": 2, "stays_s": 0}
    (desk.folder / "playbooks" / "ladder.yaml").write_text(json.dumps(content))
    return "ladder"


def by_host(desk: Desk, plan: Plan) -> Iterator[Plan]:
    """The same plan, one part for each host."""
    folder = desk.data / "nornir-hygiene" / "plans"
    for host in sorted({target.host for target in plan.targets}):
        targets = tuple(target for target in plan.targets if target.host == host)
        part = plan.model_copy(update={"plan_id": f"{plan.plan_id}-{host}", "targets": targets})
        (folder / f"{part.plan_id}.json").write_text(part.model_dump_json())
        yield part


def test_each_rung_is_taken_only_where_the_one_before_did_not_help(lab: Lab, desk: Desk) -> None:
    """One plan for all of them; applied host by host at the same time."""
    planted = [Planted(lab, parent) for parent in LADDER]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Planted.plant, planted))
        container = lab.plant("zombie-init-not-reaping", host=INIT_ON, twin=False)
        time.sleep(RIPE_S)
        hosts = [word for name in sorted({*(each.host for each in LADDER), INIT_ON}) for word in ("--host", name)]
        plan = desk.plan(the_ladder(desk), *hosts)
        with ThreadPoolExecutor() as pool:
            reports = list(pool.map(desk.apply, by_host(desk, plan)))
        results = [result for report in reports for result in report.results]
        for each in planted:
            _judge(each, results)
        _judge_the_init(lab.host(INIT_ON), container.facts.parent_pid, plan, results)
    finally:
        for each in planted:
            each.end()


def _judge(planted: Planted, results: list[TargetResult]) -> None:
    """By the steps, and by the host: what the parent heard, whether it is the same, and its zombies."""
    parent = planted.parent
    result = next(each for each in results if each.host == parent.host and each.target.endswith(f" {parent.name}"))
    refused = parent.steps[-1][1] == "refused"
    steps = tuple((name, told.outcome) for rung in result.rungs for name, told in rung.steps)
    assert (parent.name, result.end, steps) == (parent.name, "refused" if refused else "repaired", parent.steps)
    seen = (planted.heard(), planted.then(), planted.zombies())
    assert (parent.name, *seen) == (parent.name, parent.heard, parent.then, 3 if refused else 0)
    assert not refused or "it is in D: the signal would only stay pending" in result.why


def _judge_the_init(host: LabHost, pid: int | None, plan: Plan, results: list[TargetResult]) -> None:
    """PID 1 of a container is its controller's: the guard refuses, and it lives on over its zombies."""
    (target,) = (target for target in plan.targets if target.host == INIT_ON)
    assert "not-in-a-container" in [refusal.guard for refusal in target.refused]
    (result,) = (result for result in results if result.host == INIT_ON)
    assert (result.end, result.rungs) == ("refused", ())
    assert "that is its controller's to do" in result.why
    children = host.run(["ps", "-o", "stat=", "--ppid", str(pid)]).stdout.split()
    assert len(children) >= 4
    assert {stat[0] for stat in children} == {"Z"}


def test_a_limit_of_the_kubelet_is_not_ours_to_raise_and_what_healed_is_left_alone(lab: Lab, desk: Desk) -> None:
    """Two faults, planted together."""
    _, stopped = planted_and_ripe(lab, "pids-limit", "stopped", host="worker-2")
    limit = desk.plan("raise-pids-limit", "--group", "k8s-workers")
    (target,) = limit.targets
    assert [refusal.guard for refusal in target.refused] == ["not-in-a-container"]
    assert the_result(desk.apply(limit)).end == "refused"
    plan = desk.plan("resume-stopped", "--group", "k8s-workers")
    lab.heal(stopped)
    report = desk.apply(plan)
    assert (the_result(report).end, steps_of(report)) == ("healed", [])


def test_a_plan_is_good_once_and_for_its_time(lab: Lab, desk: Desk) -> None:
    late, begun = desk.plan("resume-stopped", "--host", "clean-1", "--expires", "10"), time.monotonic()
    plan = desk.plan("resume-stopped", "--host", "clean-1", "--expires", "60")
    desk.apply(plan)
    assert f"{plan.plan_id} was applied already" in desk.refusal("apply", plan.plan_id)
    time.sleep(max(0.0, begun + 10 - time.monotonic()))
    assert f"{late.plan_id} expired" in desk.refusal("apply", late.plan_id)


def test_nothing_of_the_runs_is_left_on_the_hosts(lab: Lab) -> None:
    for name in ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2", "clean-1"):
        left = lab.host(name).run(
            ["sh", "-c", "ls /run/nornir-hygiene.receipts /run/nornir-hygiene.locks"], check=False
        )
        assert set(left.stdout.split()) <= {"guard", "/run/nornir-hygiene.receipts:", "/run/nornir-hygiene.locks:"}
