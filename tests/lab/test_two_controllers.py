"""Two people, two desks, one host: one works, the other is told who does; a dead one's lock is nobody's in the end."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ActionResult, ApplyReport
from nornir_hygiene.remediate.actions.lock import LOCK, LockArguments
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.perform import Order
from tests.lab.audits import RIPE_S
from tests.lab.desk import the_result
from tests.lab.test_resume import Place

pytestmark = pytest.mark.lab
HOST = "worker-3"


@pytest.fixture
def desks(lab: Lab, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """Two of them, in front of a host with zombies."""
    places = (Place(lab, HOST, tmp_path / "one"), Place(lab, HOST, tmp_path / "other"))
    try:
        places[0].break_it()
        time.sleep(RIPE_S)
        yield places
    finally:
        places[0].end()


def lock(holder: str, seconds: int) -> ActionResult:
    ground = Ground(inventory_from(str(INVENTORY_DIR)))
    arguments = LockArguments(name="host", holder=holder, seconds=seconds)
    return ground.perform(HOST, Order(LOCK, arguments, "-", "a test", 10)).result


def test_of_two_that_apply_at_once_one_acts(desks: tuple[Place, Place]) -> None:
    plans = [place.desk.plan("remind", "--host", HOST) for place in desks]
    processes = [
        place.desk.start("apply", plan.plan_id, "--inventory", str(INVENTORY_DIR), "-o", "json")
        for place, plan in zip(desks, plans, strict=True)
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    ends = sorted(the_result(ApplyReport.model_validate(json.loads(each))).end for each in said)
    assert ends in (["refused", "repaired"], ["healed", "repaired"])
    assert desks[0].times_reminded() == 1


def test_a_held_lock_refuses_with_its_holder_and_an_expired_one_does_not(desks: tuple[Place, Place]) -> None:
    assert lock("apply-of-somebody-else", 8).outcome == "changed"
    first = the_result(desks[0].desk.apply(desks[0].desk.plan("remind", "--host", HOST)))
    assert first.end == "refused"
    assert "worker-3: host is locked by apply-of-somebody-else" in first.why
    assert desks[0].times_reminded() == 0
    time.sleep(8)
    assert the_result(desks[1].desk.apply(desks[1].desk.plan("remind", "--host", HOST))).end == "repaired"
