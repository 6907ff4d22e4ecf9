"""`nr apply` killed with SIGKILL, at each line of its journal and at random: taken up again, nothing is done twice."""

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.journal import JournalEntry
from nornir_hygiene.models.plan import ApplyReport, Plan, Target
from nornir_hygiene.models.process import ProcessIdentity
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
# As many parents as wanted. Each forgot three children, and keeps a list of how often it was reminded: a second
# reminder would show.
FORGETFUL = """
import os, signal, sys, time
folder, parents = sys.argv[1], int(sys.argv[2])
for _ in range(parents - 1):
    if os.fork() == 0: break
with open("/proc/self/comm", "w") as comm: comm.write("ledger-forgets")
for _ in range(3):
    if os.fork() == 0: os._exit(0)
time.sleep(0.5)
def reminded(*_):
    with open("%s/%d" % (folder, os.getpid()), "a") as told: told.write("x")
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0: return
        except ChildProcessError: return
signal.signal(signal.SIGCHLD, reminded)
open("%s/%d" % (folder, os.getpid()), "w").close()
while True: time.sleep(60)
"""
RUNBOOK = """
title: Remind a parent of its zombies
about: The first rung of the built-in one, without the time it gives them to come back.
handles: {kinds: [zombie-parent-not-waiting]}
risk: safe
limits: {hosts: 6}
rungs:
  - name: remind it
    steps:
      - {name: remind, do: signal, with: {process: finding.parent, signal: CHLD}}
    gone: {within_s: 10, stays_s: 0}
"""
UNIT = "ledger-forgets.service"
TOLD = "/run/ledger-forgets"
HOSTS = ("worker-1", "worker-2", "worker-3", "ceph-1", "ceph-2", "clean-1")
# run-started, step-intended, step-ended, rung-ended, target-ended, run-ended.
WRITES = 6
MOMENTS = [(when, number) for number in range(1, WRITES + 1) for when in ("before", "after")]
# Parents to spare for an apply that was done before its moment came.
SPARE = 3
# As many applies at once as do not starve each other.
AT_ONCE = 3


class Place:
    """A host with forgetful parents, and a desk of its own in front of it."""

    def __init__(self, lab: Lab, name: str, folder: Path) -> None:
        self.host: LabHost = lab.host(name)
        self.name = name
        folder.mkdir()
        self.desk = Desk(folder)
        (folder / "playbooks" / "remind.yaml").write_text(RUNBOOK)

    def break_it(self, parents: int = 1) -> None:
        self.host.write("/run/ledger-forgets.py", FORGETFUL)
        self.host.run(["mkdir", "-p", TOLD])
        self.host.start_unit(UNIT, ["python3", "/run/ledger-forgets.py", TOLD, str(parents)])
        wait_for("the parents", lambda: len(list(self.host.path(TOLD).iterdir())) == parents, timeout_s=20, every_s=0.2)
        assert len(self.zombies()) == 3 * parents

    def zombies(self) -> list[int]:
        """The parent of each."""
        shown = self.host.run(["ps", "-eo", "stat=,ppid=,comm="]).stdout.splitlines()
        return [int(line.split()[1]) for line in shown if line.startswith("Z") and "ledger-forgets" in line]

    def reminders(self) -> dict[int, int]:
        """How often each parent was reminded."""
        return {int(told.name): len(told.read_text()) for told in self.host.path(TOLD).iterdir()}

    def times_reminded(self) -> int:
        return sum(self.reminders().values())

    def locks(self) -> list[str]:
        """Who holds one."""
        told = self.host.run(["sh", "-c", "cat /run/nornir-hygiene.locks/host"], check=False).stdout
        return told.split()[1:]

    def receipts(self) -> list[str]:
        return self.host.run(["sh", "-c", "ls /run/nornir-hygiene.receipts"], check=False).stdout.split()

    def end(self) -> None:
        self.host.stop_unit(UNIT)
        self.host.run(["sh", "-c", "rm -rf /run/ledger-forgets* /run/nornir-hygiene.*"])


class Parent:
    """One of the parents of a place, and a plan for it alone."""

    def __init__(self, place: Place, plan: Plan, target: Target) -> None:
        process = target.rungs[0].steps[0].arguments["process"]
        assert isinstance(process, ProcessIdentity)
        self.place = place
        self.pid = process.pid
        self.plan_id = f"{plan.plan_id}-{process.pid}"
        self.file = place.desk.folder / f"{self.plan_id}.json"
        alone = plan.model_copy(update={"plan_id": self.plan_id, "targets": (target,)})
        self.file.write_text(alone.model_dump_json())

    def apply(self, *python: str) -> "subprocess.Popen[bytes]":
        words = ("apply", str(self.file), "--inventory", str(INVENTORY_DIR), "-o", "json")
        if python:
            return self.place.desk.start(*python[2:], *words, python=python[:2])
        return self.place.desk.start(*words)

    def undisturbed(self) -> float:
        """How long it takes."""
        begun = time.monotonic()
        process = self.apply()
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error.decode()
        assert self.wrong("repaired") == ""
        return time.monotonic() - begun

    def killed_at_write(self, when: str, number: int) -> None:
        process = self.apply("-c", KILLED, when, str(number))
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL

    def killed_after(self, seconds: float) -> bool:
        """False if it had come to its end before."""
        process = self.apply()
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=60)
        return process.returncode == -signal.SIGKILL

    def written(self) -> list[JournalEntry]:
        """What the journal has of it."""
        entries = list(Journal(open_store(self.place.desk.data / "nornir-hygiene" / "history.sqlite"), "").entries())
        begun = [entry.body["plan"]["plan_id"] for entry in entries if entry.event == "run-started"]
        run_ids = [entry.run_id for entry in entries if entry.event == "run-started"]
        runs = [run for run, plan_id in zip(run_ids, begun, strict=True) if plan_id == self.plan_id]
        return [entry for entry in entries if entry.run_id in runs]

    def taken_up(self) -> str:
        """How it ended for the target after `nr resume`. A run that was never begun is begun."""
        written = self.written()
        if not written:
            process = self.apply()
            out, error = process.communicate(timeout=60)
            assert process.returncode == 0, error.decode()
            return the_result(ApplyReport.model_validate_json(out)).end
        done = self.place.desk.nr("resume", written[0].run_id, "--inventory", str(INVENTORY_DIR), "-o", "json")
        if written[-1].event == "run-ended":
            assert b"came to its end" in done.stderr
            return "repaired"
        assert done.returncode == 0, done.stderr.decode()
        return the_result(ApplyReport.model_validate_json(done.stdout)).end

    def wrong(self, end: str) -> str:
        """What is otherwise than after an undisturbed run; empty if nothing. The host is asked, never the journal."""
        seen = (end, self.place.zombies().count(self.pid), self.place.reminders()[self.pid])
        left = (self.place.locks(), self.place.receipts())
        return "" if (seen, left) == (("repaired", 0, 1), ([], [])) else f"{seen} {left}"


@pytest.mark.parametrize("at_random", [1, pytest.param(5, marks=pytest.mark.long)], ids=lambda count: f"{6 * count}")
def test_a_killed_apply_is_taken_up_and_nothing_is_done_twice(lab: Lab, tmp_path: Path, at_random: int) -> None:
    """At every write of the journal, before and after it, and at moments drawn over the length of an apply."""
    seed = lab.state.seed
    parents = 1 + len(MOMENTS) // len(HOSTS) + at_random + SPARE
    places = [Place(lab, name, tmp_path / name) for name in HOSTS]
    try:
        with ThreadPoolExecutor(max_workers=len(places)) as pool:
            list(pool.map(lambda place: place.break_it(parents), places))
        time.sleep(RIPE_S)
        plan = places[0].desk.plan("remind", *(word for name in HOSTS for word in ("--host", name)))
        assert len(plan.targets) == parents * len(HOSTS)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            ends = [
                pool.submit(_killed_again_and_again, MOMENTS[number :: len(HOSTS)], at_random, Draw(place, plan, seed))
                for number, place in enumerate(places)
            ]
            told = [line for end in ends for line in end.result()]
        print(f"seed {seed}", *told, sep="\n")
        assert [line for line in told if "WRONG" in line] == []
        assert sum("s of an apply" in line for line in told) == at_random * len(HOSTS)
    finally:
        for place in places:
            place.end()


class Draw:
    """The parents of one host, one after the other, and the moments drawn for them."""

    def __init__(self, place: Place, plan: Plan, seed: int) -> None:
        self.parents = iter([Parent(place, plan, target) for target in plan.targets if target.host == place.name])
        self.moments = random.Random(f"{seed}:{place.name}")


def _killed_again_and_again(moments: list[tuple[str, int]], at_random: int, draw: Draw) -> list[str]:
    """Each kill, and what came of it."""
    length_s = next(draw.parents).undisturbed()
    told = []
    for moment in moments:
        parent = next(draw.parents)
        parent.killed_at_write(*moment)
        told.append(f"{moment[0]} write {moment[1]}{_then(parent)}")
    while len(told) < len(moments) + at_random:
        parent, after_s, begun = next(draw.parents), draw.moments.uniform(0, length_s), time.monotonic()
        if parent.killed_after(after_s):
            told.append(f"after {after_s:.2f} s of an apply of {length_s:.2f} s{_then(parent)}")
        else:  # it was done before its moment came: so long is an apply now
            length_s = time.monotonic() - begun
    return told


def _then(parent: Parent) -> str:
    """Where it died, and what is wrong after it was taken up."""
    written = parent.written()
    died_at = written[-1].event if written else "nothing written"
    end = parent.taken_up()
    wrong = parent.wrong(end)
    return f" on {parent.place.name} ({died_at}): {f'WRONG: {wrong}' if wrong else 'as it should be'}"
