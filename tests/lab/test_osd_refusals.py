"""What the OSD runbook refuses on a real Ceph, what becomes of a start that fails, and two controllers at once."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import ceph
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults import rbd as fault
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ActionResult, ApplyReport, Plan
from nornir_hygiene.remediate.actions.osd import CHECK_OSD, OsdArguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.perform import Order
from tests.lab.conftest import Ours
from tests.lab.desk import Desk, steps_of, the_result
from tests.lab.stuck_osd import WORKER, StuckOsd, one_client
from tests.lab.test_causes import ADMIN, OSD

pytestmark = [pytest.mark.lab, pytest.mark.long]
RUNBOOK = "restart-ceph-osd"
OTHER = 0
# Its start fails, and says so in a file.
BROKEN_START = "[Service]\nExecStartPre=/bin/sh -c 'echo >>/run/ledger-starts; exit 1'\n"
DROP_IN = f"/run/systemd/system/ceph-osd@{OSD}.service.d/ledger.conf"


@pytest.fixture(scope="module")
def stuck(ours: Ours) -> Iterator[StuckOsd]:
    with one_client(ours.up()) as osd:
        yield osd


class Desks:
    """As many as wanted: each with a history of its own, and so without a cooldown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def new(self) -> Desk:
        self.count += 1
        (self.folder / str(self.count)).mkdir()
        return Desk(self.folder / str(self.count))


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    return Desks(tmp_path)


def check(osd: int) -> ActionResult:
    """The step alone."""
    ground = Ground(inventory_from(str(INVENTORY_DIR)))
    return ground.perform(ADMIN, Order(CHECK_OSD, OsdArguments(osd=osd), f"a-test.{osd}", "a test", 20)).result


@contextmanager
def one_copy_on(admin: LabHost, osd: int) -> Iterator[None]:
    """A volume that only this OSD has."""
    volume = ceph.drawn_volume(4711, "refusals")
    try:
        ceph.create_volume(admin, volume, only_on=osd)
        yield
    finally:
        ceph.delete_pool(admin, volume.pool, only_on=osd)


@contextmanager
def unstartable(host: LabHost) -> Iterator[None]:
    """Its unit, for real."""
    host.run(["mkdir", "-p", str(Path(DROP_IN).parent)])
    host.write(DROP_IN, BROKEN_START)
    host.run(["systemctl", "daemon-reload"])
    try:
        yield
    finally:
        host.run(["rm", "-rf", str(Path(DROP_IN).parent), "/run/ledger-starts"])
        host.run(["systemctl", "daemon-reload"])


def test_two_culprits_are_left_alone(stuck: StuckOsd, desks: Desks) -> None:
    hosts = {osd: stuck.lab.host(name) for osd, name in ceph.OSD_HOSTS.items()}
    try:
        for osd, host in hosts.items():
            fault._stop_osd(host, osd)
        stuck.hung.check()
        desk = desks.new()
        plan = desk.plan(RUNBOOK, "--host", WORKER)
        (target,) = plan.targets
        assert "more than one culprit: osd.0 on ceph-1, osd.1 on ceph-2" in target.about
        report = desk.apply(plan)
        assert (the_result(report).end, steps_of(report)) == ("refused", [])
        assert "cause-established" in the_result(report).why
        states = [host.run(["sh", "-c", f"ps -o stat= -C ceph-osd | grep -c T # {osd}"]) for osd, host in hosts.items()]
        assert [state.stdout.strip() for state in states] == ["1", "1"]
    finally:
        for osd, host in hosts.items():
            fault._continue_osd(host, osd)
    assert stuck.fsck_ended_well()
    wait_for("all placement groups to be clean", stuck.clean, timeout_s=30)


def test_what_the_cluster_needs_is_not_stopped_and_a_start_that_fails_opens_the_breaker(
    stuck: StuckOsd, desks: Desks
) -> None:
    with one_copy_on(stuck.hung.admin, OSD):
        stuck.again()
        report = _applied(desks.new())
        assert (the_result(report).end, steps_of(report)) == ("refused", [("may it be stopped", "refused")])
        assert "osd.1 is not ok to stop: " in the_result(report).why
        assert "unsafe to stop" in the_result(report).why
    with unstartable(stuck.host):
        desk = desks.new()
        report = _applied(desk)
        result = the_result(report)
        assert steps_of(report)[-2:] == [("restart", "failed"), ("take back: hold its place", "changed")]
        assert (result.end, "did not come back after 3 starts" in result.why) == ("failed", True)
        assert len(stuck.host.path("/run/ledger-starts").read_text().splitlines()) >= 3
        assert "left for a person: 1 of 1; the next thing to think of is collect-evidence" in report.escalate
        assert (stuck.left(), stuck.restarts()) == ([], (0, 0))
        # It has lost a copy of everything: no other one is stopped now.
        assert check(OTHER).detail.strip() == "other OSDs are down: 1"
        again = desk.plan(RUNBOOK, "--host", WORKER)
        assert f"{RUNBOOK} did not help 1 times" in desk.refusal("apply", again.plan_id)
        assert desk.nr("runs", "close", RUNBOOK).returncode == 0
        desk.apply(again)
    stuck.hung.admin.run(["sh", "-c", "rm -rf /run/nornir-hygiene.receipts/a-test.*"])
    stuck.cure()
    wait_for("all placement groups to be clean", stuck.clean, timeout_s=60)
    assert stuck.fsck_ended_well()


def _applied(desk: Desk) -> ApplyReport:
    return desk.apply(desk.plan(RUNBOOK, "--host", WORKER))


def without_the_first(folder: Path) -> Path:
    """The inventory of somebody who knows only one host of that cluster."""
    shutil.copytree(INVENTORY_DIR, folder)
    hosts = YAML()
    told = hosts.load(folder / "hosts.yaml")
    del told[ADMIN]
    hosts.dump(told, folder / "hosts.yaml")
    return folder


def test_of_two_controllers_with_two_osds_of_one_cluster_one_works(
    stuck: StuckOsd, desks: Desks, tmp_path: Path
) -> None:
    one, other = desks.new(), desks.new()
    inventory = str(without_the_first(tmp_path / "inventory"))
    stuck.again()
    planned = json.loads(other.nr("plan", RUNBOOK, "--inventory", inventory, "-o", "json", "--host", WORKER).stdout)
    theirs = Plan.model_validate(planned)
    places = {step.host for rung in theirs.targets[0].rungs for step in rung.steps}
    assert (theirs.targets[0].refused, places) == ((), {"ceph-2"})
    stuck.cure()
    assert stuck.fsck_ended_well()
    wait_for("all placement groups to be clean", stuck.clean, timeout_s=60)
    stuck.serve_from(OTHER)
    stuck.again()
    ours = one.plan(RUNBOOK, "--host", WORKER)
    assert ours.targets[0].host == "ceph-1"
    at_work = one.start("apply", ours.plan_id, "--inventory", str(INVENTORY_DIR), "-o", "json")
    try:
        (holder,) = wait_for("the lock", stuck.holders, timeout_s=30, every_s=0.2)
        done = other.nr("apply", theirs.plan_id, "--inventory", inventory, "-o", "json")
    finally:
        said, _ = at_work.communicate(timeout=120)
    refused = the_result(ApplyReport.model_validate_json(done.stdout))
    assert (refused.end, refused.rungs) == ("refused", ())
    assert f"lock: ceph-2: the Ceph cluster is locked by {holder} for another " in refused.why
    worked = ApplyReport.model_validate_json(said)
    assert (the_result(worked).end, holder) == ("repaired", f"{worked.run_id}-1")
    assert (stuck.restarts(), stuck.fsck_ended_well(), stuck.left()) == ((1, 0), True, [])
