"""`nr apply` killed with SIGKILL before and after each line of its journal: taken up again, nothing is done twice."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ApplyReport, Plan
from tests.lab.audits import RIPE_S
from tests.lab.desk import Desk, the_result

pytestmark = pytest.mark.lab

# The real command, which dies at one write of its journal: argv is before or after, and the number of the write.
KILLED = """
import os, sys
from nornir_hygiene.cli.main import main
from nornir_hygiene.history.journal import Journal
when, number = sys.argv.pop(1), int(sys.argv.pop(1))
write, count = Journal.append, 0
def append(*told, **more):
    global count
    count += 1
    if (when, number) == ("before", count): os.kill(os.getpid(), 9)
    write(*told, **more)
    if (when, number) == ("after", count): os.kill(os.getpid(), 9)
Journal.append = append
sys.exit(main())
"""
# Forgot three children, and keeps a list of how often it was reminded: a second reminder would show.
FORGETFUL = """
import os, signal, sys, time
with open("/proc/self/comm", "w") as comm: comm.write("ledger-forgets")
for _ in range(3):
    if os.fork() == 0: os._exit(0)
time.sleep(0.5)
def reminded(*_):
    with open(sys.argv[1], "a") as told: told.write("x")
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0: return
        except ChildProcessError: return
signal.signal(signal.SIGCHLD, reminded)
while True: time.sleep(60)
"""
RUNBOOK = """
title: Remind a parent of its zombies
about: The first rung of the built-in one, without the time it gives them to come back.
handles: {kinds: [zombie-parent-not-waiting]}
risk: safe
rungs:
  - name: remind it
    steps:
      - {name: remind, do: signal, with: {process: finding.parent, signal: CHLD}}
    gone: {within_s: 10, stays_s: 0}
"""
UNIT = "ledger-forgets.service"
HOSTS = ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2", "clean-1")
# run-started, step-intended, step-ended, rung-ended, target-ended, run-ended.
WRITES = 6
MOMENTS = [(when, number) for number in range(1, WRITES + 1) for when in ("before", "after")]


class Place:
    """A host with a forgetful parent, and a desk of its own in front of it."""

    def __init__(self, lab: Lab, name: str, folder: Path) -> None:
        self.host: LabHost = lab.host(name)
        self.name = name
        folder.mkdir()
        self.desk = Desk(folder)
        (folder / "playbooks" / "remind.yaml").write_text(RUNBOOK)

    def break_it(self) -> None:
        self.host.write("/run/ledger-forgets.py", FORGETFUL)
        self.host.write("/run/ledger-forgets.told", "")
        self.host.start_unit(UNIT, ["python3", "/run/ledger-forgets.py", "/run/ledger-forgets.told"])
        wait_for("the zombies", lambda: self.zombies() == 3, timeout_s=15, every_s=0.2)

    def zombies(self) -> int:
        shown = self.host.run(["ps", "-eo", "stat=,comm="]).stdout.splitlines()
        return sum(line.startswith("Z") and "ledger-forgets" in line for line in shown)

    def times_reminded(self) -> int:
        return len(self.host.path("/run/ledger-forgets.told").read_text())

    def end(self) -> None:
        self.host.stop_unit(UNIT)
        self.host.run(["sh", "-c", "rm -rf /run/ledger-forgets.* /run/nornir-hygiene.*"])

    def killed(self, plan: Plan, when: str, number: int) -> None:
        process = self.desk.start(
            *(when, str(number), "apply", plan.plan_id, "--inventory", str(INVENTORY_DIR)), python=("-c", KILLED)
        )
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL

    def taken_up(self, plan: Plan) -> ApplyReport | None:
        """What `nr resume` says; None where the run had come to its end. A run that was never begun is begun."""
        runs = self.desk.nr("runs").stdout.decode().split()
        if not runs:
            return self.desk.apply(plan)
        done = self.desk.nr("resume", runs[0], "--inventory", str(INVENTORY_DIR), "-o", "json")
        if b"came to its end" in done.stderr:
            return None
        assert done.returncode == 0, done.stderr.decode()
        return ApplyReport.model_validate_json(done.stdout)


@pytest.mark.parametrize("moments", [MOMENTS[:6], MOMENTS[6:]], ids=["first-half", "second-half"])
def test_a_killed_apply_is_taken_up_and_nothing_is_done_twice(
    lab: Lab, moments: list[tuple[str, int]], tmp_path: Path
) -> None:
    places = [Place(lab, name, tmp_path / name) for name in HOSTS]
    try:
        for place in places:
            place.break_it()
        time.sleep(RIPE_S)
        with ThreadPoolExecutor(max_workers=3) as pool:
            ends = [pool.submit(_killed_and_taken_up, *pair) for pair in zip(places, moments, strict=True)]
            wrong = [told for end in ends if (told := end.result())]
        assert wrong == []
    finally:
        for place in places:
            place.end()


def _killed_and_taken_up(place: Place, moment: tuple[str, int]) -> str:
    """What went otherwise than in an undisturbed run; empty if nothing."""
    plan = place.desk.plan("remind", "--host", place.name)
    place.killed(plan, *moment)
    report = place.taken_up(plan)
    end = the_result(report).end if report else "repaired"
    seen = (end, place.zombies(), place.times_reminded())
    return "" if seen == ("repaired", 0, 1) else f"{moment} on {place.name}: {seen}"
