"""A stopped OSD of a real Ceph: continued, and that is all. Molecule rehearses the stuck one, which is restarted."""

import json
from pathlib import Path

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab, Planted
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.osd import HoldArguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.perform import Order
from tests.lab.audits import planted_and_ripe
from tests.lab.conftest import Ours
from tests.lab.desk import Desk, steps_of, the_result

pytestmark = pytest.mark.lab
UNIT = "ceph-osd@{}"
ADMIN = "ceph-1"
HELD_S = 30


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def forgotten(ours: Ours) -> LabHost:
    """A host of the cluster on which somebody has held osd.0 and has died since; its timer is armed."""
    lab = ours.up()
    assert on_osd("hold-osd", "forgotten.1").outcome == "changed"
    return lab.host(ADMIN)


def on_osd(action: str, token: str) -> ActionResult:
    ground = Ground(inventory_from(str(INVENTORY_DIR)))
    order = Order(ACTIONS[action], HoldArguments(osd=0, seconds=HELD_S), token, "a test", 20)
    return ground.perform(ADMIN, order).result


def is_held(host: LabHost) -> bool:
    dump = host.run(["ceph", "--connect-timeout", "10", "osd", "dump", "-f", "json"], timeout_s=30).stdout
    return any("noout" in osd["state"] for osd in json.loads(dump)["osds"])


def invocation(host: LabHost, unit: str) -> str:
    return host.run(["systemctl", "show", "--property=InvocationID", "--value", unit]).stdout.strip()


def fsck_ended_well(lab: Lab, planted: Planted) -> None:
    """By itself: whoever kills it takes the exit status away."""
    said = ["journalctl", "-o", "cat", "-u", str(planted.facts.unit)]
    wait_for("the check to end", lambda: "files (" in lab.host(planted.host).run(said).stdout, timeout_s=60)


def test_noout_is_set_for_one_osd_and_only_once(forgotten: LabHost) -> None:
    assert is_held(forgotten)
    assert on_osd("hold-osd", "forgotten.2").outcome == "unchanged"


def test_a_stopped_osd_is_continued_and_not_restarted(forgotten: LabHost, lab: Lab, desk: Desk) -> None:
    (planted,) = planted_and_ripe(lab, "rbd-osd-stopped")
    osd, host = planted.facts.osd, lab.host(str(planted.facts.osd_host))
    before = invocation(host, UNIT.format(osd))
    report = desk.apply(desk.plan("restart-ceph-osd", "--group", "k8s-workers"))
    assert (the_result(report).end, steps_of(report)) == ("repaired", [("continue", "changed")])
    assert the_result(report).host == planted.facts.osd_host
    assert invocation(host, UNIT.format(osd)) == before
    fsck_ended_well(lab, planted)


def test_noout_that_nobody_takes_back_is_gone_after_its_time(forgotten: LabHost) -> None:
    wait_for("noout to be gone", lambda: not is_held(forgotten), timeout_s=HELD_S + 30, every_s=1)
    forgotten.run(["sh", "-c", "rm -rf /run/nornir-hygiene.receipts/forgotten.*"])
