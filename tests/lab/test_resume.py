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
# Stopped once, and keeps a list of how often it was continued.
STOPPED = """
import os, signal, sys, time
with open("/proc/self/comm", "w") as comm: comm.write("ledger-stopped")
def continued(*_):
    with open(sys.argv[1], "a") as told: told.write("x")
signal.signal(signal.SIGCONT, continued)
os.kill(os.getpid(), signal.SIGSTOP)
while True: time.sleep(60)
"""
RUNBOOK = """
title: Continue what was stopped
about: The built-in one, without the time it gives a daemon to stop again.
handles: {kinds: [stopped]}
risk: safe
rungs:
  - name: continue it
    steps:
      - {name: continue, do: signal, with: {process: finding.process, signal: CONT}}
    gone: {within_s: 10, stays_s: 0}
"""
UNIT = "ledger-stopped.service"
HOSTS = ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2", "clean-1")
# run-started, step-intended, step-ended, rung-ended, target-ended, run-ended.
WRITES = 6
MOMENTS = [(when, number) for number in range(1, WRITES + 1) for when in ("before", "after")]


class Place:
    """A host with a stopped process, and a desk of its own in front of it."""

    def __init__(self, lab: Lab, name: str, folder: Path) -> None:
        self.host: LabHost = lab.host(name)
        self.name = name
        folder.mkdir()
        self.desk = Desk(folder)
        (folder / "playbooks" / "continue.yaml").write_text(RUNBOOK)

    def stop(self) -> None:
        self.host.write("/run/ledger-stopped.py", STOPPED)
        self.host.write("/run/ledger-stopped.told", "")
        self.host.start_unit(
            "ledger-stopped.service", ["python3", "/run/ledger-stopped.py", "/run/ledger-stopped.told"]
        )
        wait_for("it to stop", lambda: self.state() == "T", timeout_s=15)

    def state(self) -> str:
        return next((task.state for task in self.host.tasks() if task.comm == "ledger-stopped"), "gone")

    def times_continued(self) -> int:
        return len(self.host.path("/run/ledger-stopped.told").read_text())

    def end(self) -> None:
        self.host.stop_unit(UNIT)
        self.host.run(["sh", "-c", "rm -rf /run/ledger-stopped.* /run/nornir-hygiene.*"])

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
            place.stop()
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
    plan = place.desk.plan("continue", "--host", place.name)
    place.killed(plan, *moment)
    report = place.taken_up(plan)
    end = the_result(report).end if report else "repaired"
    seen = (end, place.state() == "T", place.times_continued())
    return "" if seen == ("repaired", False, 1) else f"{moment} on {place.name}: {seen}"
