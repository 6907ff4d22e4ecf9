"""A real host is booted because a task on it hangs for ever, and a real cluster shuts a writer out before that."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab, boot, ceph, state
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.lab.processes import alive
from nornir_hygiene.models.plan import ActionResult, ApplyReport
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.reboot import FenceArguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.perform import Order
from tests.lab.audits import planted_and_ripe
from tests.lab.desk import Desk, steps_of, the_result
from tests.lab.test_resume import KILLED

pytestmark = pytest.mark.lab
HOST = "worker-3"
# run-started, intent and end of the look, intent of the boot; then its end.
BEFORE_ITS_END = ("before", "5")


def boot_id(host: LabHost) -> str:
    return host.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout.strip()


def switched_on_again(lab: Lab, name: str) -> LabHost:
    """What a machine's firmware does after reboot(2): nspawn ends, and whoever started it starts it again."""
    (record,) = (each for each in lab.state.hosts if each.spec.name == name)
    leader = record.leader
    assert leader
    wait_for(f"{name} to go down", lambda: not alive(leader), timeout_s=60, every_s=0.1)
    wait_for("its console to be closed", lambda: _gone(record.spec.machine), timeout_s=20, every_s=0.1)
    again = record.model_copy(update={"leader": boot.boot(record.spec)})
    state.save(state.with_host(lab.state, again))
    return lab.host(name)


def _gone(machine: str) -> bool:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f"--machine={machine}\0".encode() in process.read_bytes():
                return False
    return True


def test_a_host_is_booted_once_also_if_whoever_ordered_it_died_meanwhile(lab: Lab, tmp_path: Path) -> None:
    """Its task hangs, it is booted, and the controller dies before it can write that down: resume is told so."""
    (planted,) = planted_and_ripe(lab, "vfork-wait", host=HOST)
    desk, before = Desk(tmp_path), boot_id(lab.host(HOST))
    assert [task.state for task in lab.host(HOST).tasks() if task.pid == planted.facts.pid] == ["D"]
    plan = desk.plan("reboot-host", "--host", HOST)
    (target,) = plan.targets
    assert (target.refused, [step.name for step in target.rungs[0].steps]) == ((), ["may it be booted", "boot"])
    apply = desk.start(
        *(*BEFORE_ITS_END, "apply", plan.plan_id, "--inventory", str(INVENTORY_DIR)), python=("-c", KILLED)
    )
    host = switched_on_again(lab, HOST)
    apply.communicate(timeout=120)
    assert apply.returncode == -signal.SIGKILL
    after = boot_id(host)
    assert after != before
    (run,) = {entry["run_id"] for entry in desk.journal()}
    done = desk.nr("resume", run, "--inventory", str(INVENTORY_DIR), "-o", "json")
    assert done.returncode == 0, done.stderr.decode()
    report = ApplyReport.model_validate_json(done.stdout)
    assert steps_of(report) == [("may it be booted", "unchanged"), ("boot", "changed")]
    assert the_result(report).end == "repaired"
    assert boot_id(host) == after
    assert not [task for task in host.tasks() if task.state == "D"]
    left = host.run(["sh", "-c", "ls /run/nornir-hygiene.receipts /run/nornir-hygiene.locks"], check=False).stdout
    assert "apply" not in left


@pytest.mark.long  # Molecule plans the same for a host of the cluster, and sees it refused
def test_a_host_that_carries_monitors_is_not_booted(lab: Lab, tmp_path: Path) -> None:
    planted_and_ripe(lab, "vfork-wait", host="ceph-1")
    desk, before = Desk(tmp_path), boot_id(lab.host("ceph-1"))
    result = the_result(desk.apply(desk.plan("reboot-host", "--host", "ceph-1")))
    assert (result.end, "a person does that" in result.why) == ("refused", True)
    time.sleep(4)  # longer than an order takes that was given all the same
    assert boot_id(lab.host("ceph-1")) == before


@contextmanager
def a_writer(lab: Lab, volume: ceph.Volume) -> Iterator[LabHost]:
    """Somebody who writes to an image of a real cluster, until he is not let any more."""
    admin, host = lab.host("ceph-1"), lab.host(HOST)
    try:
        ceph.create_volume(admin, volume)
        write = ["rbd", "bench", "--io-type", "write", "--io-total", "64G", "--io-threads", "1"]
        host.start_unit("writer.service", [*write, f"{volume.pool}/{volume.image}"])
        wait_for("the writer to watch its image", lambda: watchers(admin, volume), timeout_s=30, every_s=0.3)
        yield host
    finally:
        host.stop_unit("writer.service")
        ceph.delete_pool(admin, volume.pool)
        admin.run(["ceph", "osd", "blocklist", "clear"], timeout_s=30, check=False)


def watchers(admin: LabHost, volume: ceph.Volume) -> list[str]:
    told = admin.run(["rbd", "status", "--format", "json", f"{volume.pool}/{volume.image}"], timeout_s=30).stdout
    return [each["address"] for each in json.loads(told)["watchers"]]


def fenced(clients: str) -> ActionResult:
    order = Order(ACTIONS["fence-clients"], FenceArguments(clients=clients, seconds=3600), "fence.1", "a test", 60)
    return Ground(inventory_from(str(INVENTORY_DIR))).perform("ceph-1", order).result


def test_a_fenced_client_writes_no_more_and_the_next_of_the_same_host_does(lab: Lab) -> None:
    volume, admin = ceph.drawn_volume(lab.state.seed, "fence"), lab.host("ceph-1")
    try:
        with a_writer(lab, volume) as host:
            (address,) = watchers(admin, volume)
            told = fenced(f"image:{volume.pool}/{volume.image}")
            assert (told.outcome, told.facts["fenced"]) == ("changed", address)
            assert address in admin.run(["ceph", "osd", "blocklist", "ls"], timeout_s=30).stdout
            ended = ["systemctl", "show", "--property=Result", "--value", "writer.service"]
            wait_for("the writer to fail", lambda: host.run(ended).stdout.strip() != "success", timeout_s=40)
            said = host.run(["journalctl", "-o", "cat", "-u", "writer.service"]).stdout
            assert "shutdown" in said or "blocklisted" in said, said[-1000:]
            once = ["rbd", "bench", "--io-type", "write", "--io-total", "4M", "--io-size", "1M"]
            assert host.run([*once, f"{volume.pool}/{volume.image}"], timeout_s=60, check=False).returncode == 0
    finally:
        admin.run(["sh", "-c", "rm -rf /run/nornir-hygiene.receipts/fence.*"])
