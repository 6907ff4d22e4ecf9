"""A process id that passes to another process, for real, between the look and the act: the innocent one lives."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.actions.signal import SIGNAL, SignalArguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.perform import Order
from tests.lab.audits import RIPE_S
from tests.lab.desk import Desk

pytestmark = pytest.mark.lab

# Becomes the process it is told to be, under the number it is told: the kernel gives the one behind the last.
BORN = """
import os, signal, sys, time
name, wanted, zombies = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
last = open("/run/born.proc/sys/kernel/ns_last_pid", "w")
while wanted:  # somebody else may start a program at the same moment
    os.lseek(last.fileno(), 0, 0)
    os.write(last.fileno(), str(wanted - 1).encode())
    child = os.fork()
    if child == 0 and os.getpid() == wanted: break
    if child == 0: os._exit(0)
    if child == wanted:
        os.wait()
        sys.exit()
    os.waitpid(child, 0)
with open("/proc/self/comm", "w") as comm: comm.write(name)
for _ in range(zombies):
    if os.fork() == 0: os._exit(0)
with open("/run/born.%s" % name, "w") as told: told.write(str(os.getpid()))
while True: time.sleep(60)
"""
# Ends the old one and brings forth the new one: words OLD-UNIT NAME PID ZOMBIES.
PASS_ON = """
mkdir -p /run/born.proc
mountpoint -q /run/born.proc || mount -t proc proc /run/born.proc
systemctl kill --signal=KILL "$1"
while [ -e "/proc/$3" ]; do sleep 0.02; done
systemd-run --quiet --unit="born-$2" /usr/bin/python3 /run/born.py "$2" "$3" "$4"
until [ -s "/run/born.$2" ]; do sleep 0.02; done
"""
RUNBOOK = """
title: End the parent of zombies
about: The last rung of the built-in ladder alone.
handles: {kinds: [zombie-parent-not-waiting]}
risk: safe
limits: {hosts: 2}
rungs:
  - name: end it
    steps:
      - {name: kill, do: signal, with: {process: finding.parent, signal: KILL}}
    gone: {within_s: 2, stays_s: 0}
"""


class Numbers:
    """One host, whose process ids are dealt out by us."""

    def __init__(self, host: LabHost) -> None:
        self.host = host
        self.units: list[str] = []

    def start(self, name: str, zombies: int = 0) -> ProcessIdentity:
        """A process of that name under whatever number comes."""
        self.host.write("/run/born.py", BORN)
        self.host.write("/run/born.sh", PASS_ON)
        self.host.run(["sh", "-c", "mkdir -p /run/born.proc && mount -t proc proc /run/born.proc"])
        self.units.append(f"born-{name}.service")
        self.host.start_unit(self.units[-1], ["/usr/bin/python3", "/run/born.py", name, "0", str(zombies)])
        return self.named(name)

    def pass_on(self, old: ProcessIdentity, name: str, zombies: int = 0) -> ProcessIdentity:
        """The old process ends; another one, of that name, has its number."""
        self.host.run(["sh", "/run/born.sh", *self.words(old, name, zombies)])
        new = self.named(name)
        assert (new.pid, new.start_ticks == old.start_ticks) == (old.pid, False)
        return new

    def words(self, old: ProcessIdentity, name: str, zombies: int = 0) -> list[str]:
        self.units.append(f"born-{name}.service")
        return [self.units[-2], name, str(old.pid), str(zombies)]

    def named(self, name: str) -> ProcessIdentity:
        path = self.host.path(f"/run/born.{name}")
        wait_for(name, lambda: path.exists() and path.read_text(), timeout_s=10)
        return self.under(int(path.read_text()), name)

    def under(self, pid: int, name: str) -> ProcessIdentity:
        """Who has that number now; it must be the one of that name."""
        stat = self.host.run(["cat", f"/proc/{pid}/stat"]).stdout
        comm, fields = stat.partition("(")[2].rpartition(")")[0], stat.rpartition(")")[2].split()
        assert (comm, fields[0]) == (name, "S")
        boot = self.host.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout.strip()
        return ProcessIdentity(boot_id=boot, pid=pid, start_ticks=int(fields[19]))

    def zombies_of(self, pid: int) -> int:
        shown = self.host.run(["ps", "-o", "stat=", "--ppid", str(pid)], check=False).stdout
        return shown.count("Z")

    def end(self) -> None:
        for unit in self.units:
            self.host.stop_unit(unit)
        left = "/run/born.* /usr/local/sbin/python3 /run/nornir-hygiene.receipts/test-identities.*"
        self.host.run(["sh", "-c", f"umount /run/born.proc; rm -rf {left}"], check=False)


@pytest.fixture
def numbers(lab: Lab) -> Iterator[list[Numbers]]:
    """Of the three workers."""
    every = [Numbers(lab.host(f"worker-{number}")) for number in (1, 2, 3)]
    yield every
    for each in every:
        each.end()


def sent(host: str, process: ProcessIdentity, name: str) -> ActionResult:
    """What comes of the action itself."""
    arguments = SignalArguments.model_validate({"process": process, "signal": name})
    token = f"test-identities.{time.monotonic_ns()}"
    return (
        Ground(inventory_from(str(INVENTORY_DIR))).perform(host, Order(SIGNAL, arguments, token, "a test", 20)).result
    )


def test_an_apply_spares_who_has_the_number_now(numbers: list[Numbers], tmp_path: Path) -> None:
    """On one host an innocent process has it, on the other one that deserves a plan of its own."""
    desk = Desk(tmp_path)
    (desk.folder / "playbooks" / "end-parent.yaml").write_text(RUNBOOK)
    innocent, alike, _ = numbers
    olds = [each.start("old-parent", zombies=3) for each in (innocent, alike)]
    time.sleep(RIPE_S)
    plan = desk.plan("end-parent", "--host", "worker-1", "--host", "worker-2")
    assert [target.rungs[0].steps[0].arguments["process"] for target in plan.targets] == olds
    news = [innocent.pass_on(olds[0], "innocent"), alike.pass_on(olds[1], "other-parent", zombies=3)]
    time.sleep(RIPE_S)
    first, second = desk.apply(plan).results
    assert (first.end, first.rungs, first.why) == ("healed", (), "it was gone before anything was done")
    assert (second.end, second.rungs) == ("refused", ())
    assert "fresh-evidence: it came back: 3 zombies" in second.why
    assert innocent.under(news[0].pid, "innocent") == news[0]
    assert alike.under(news[1].pid, "other-parent") == news[1]
    assert alike.zombies_of(news[1].pid) == 3


# The host's own Python, or one that fails. Whichever way it goes: whether there is one is asked between the script's
# first look at the process and the act, and just then its number passes on.
STAND_IN = """#!/bin/sh
[ ! -s /run/born.pass ] || { mv /run/born.pass /run/born.passed; sh /run/born.sh $(cat /run/born.passed); }
exec %s "$@"
"""


@pytest.mark.parametrize(("way", "python"), [("pidfd", "/usr/bin/python3"), ("kill", "/bin/false")])
def test_an_order_for_the_old_process_does_nothing_to_the_new_one(
    numbers: list[Numbers], way: str, python: str
) -> None:
    """Where the number passed on before the order came, and where it does so while it is carried out."""
    worker = numbers[2]
    worker.host.write("/usr/local/sbin/python3", STAND_IN % python, 0o755)
    old = worker.start("old")
    innocent = worker.pass_on(old, "innocent")
    for name in ("TERM", "KILL", "CHLD", "CONT"):
        result = sent("worker-3", old, name)
        told = f"pid {old.pid} is not the process that was seen (it started at tick {innocent.start_ticks}, not "
        assert (result.outcome, result.detail) == ("refused", f"{told}{old.start_ticks})")
    worker.host.write("/run/born.pass", " ".join(worker.words(innocent, "bystander")))
    result = sent("worker-3", innocent, "KILL")
    assert (result.outcome, result.detail) == ("refused", f"pid {old.pid} passed to another process in between")
    bystander = worker.named("bystander")
    assert (bystander.pid, result.facts) == (old.pid, {"sent-by": way})
    assert worker.under(old.pid, "bystander") == bystander
    assert sent("worker-3", bystander, "KILL").outcome == "changed"  # who is meant is reached
    wait_for("its end", lambda: not worker.host.path(f"/proc/{old.pid}").exists(), timeout_s=5)
