"""The OSD runbook on a real Ceph, its `nr apply` killed with SIGKILL at each line of its journal, and taken up again.

The oracle is the host: systemd's own record of starts, the cluster's map, its keys, and the end of the hung fsck.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.content import playbook_data
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ApplyReport, Plan, TargetEnd
from tests.lab.conftest import Ours
from tests.lab.desk import Desk, the_result
from tests.lab.stuck_osd import WORKER, StuckOsd, one_client
from tests.lab.test_resume import KILLED

pytestmark = [pytest.mark.lab, pytest.mark.long]
# run-started; begun and ended: check, hold, restart, await, release; rung-ended, target-ended, run-ended.
WRITES = 14
MOMENTS = [(when, number) for number in range(1, WRITES + 1) for when in ("before", "after")]


@pytest.fixture(scope="module")
def stuck(ours: Ours) -> Iterator[StuckOsd]:
    """One for all kills."""
    with one_client(ours.up()) as osd:
        yield osd


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With the built-in runbook, but for the seconds in which it looks whether it stays well."""
    found = Desk(tmp_path)
    text = playbook_data("restart-ceph-osd").path.read_text()
    (tmp_path / "playbooks" / "restart-ceph-osd.yaml").write_text(text.replace("stays_s: 5", "stays_s: 0"))
    return found


def killed_at(desk: Desk, plan: Plan, when: str, number: int) -> None:
    words = (when, str(number), "apply", plan.plan_id, "--inventory", str(INVENTORY_DIR))
    process = desk.start(*words, python=("-c", KILLED))
    process.communicate(timeout=180)
    assert process.returncode == -signal.SIGKILL


def taken_up(desk: Desk, plan: Plan) -> TargetEnd:
    """How it ended after `nr resume`. A run that was never begun is begun."""
    runs = desk.nr("runs").stdout.decode().split()
    if not runs:
        return the_result(desk.apply(plan)).end
    done = desk.nr("resume", runs[0], "--inventory", str(INVENTORY_DIR), "-o", "json")
    if b"came to its end" in done.stderr:
        return "repaired"
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return the_result(ApplyReport.model_validate_json(done.stdout)).end


def killed_and_taken_up(stuck: StuckOsd, desk: Desk, when: str, number: int) -> None:
    begun = time.monotonic()
    stuck.again()
    plan = desk.plan("restart-ceph-osd", "--host", WORKER)
    killed_at(desk, plan, when, number)
    died_s = time.monotonic() - begun
    assert taken_up(desk, plan) == "repaired"
    well_s = time.monotonic() - begun
    print(f"killed {when} write {number} after {died_s:.0f} s, taken up and well after {well_s:.0f} s")
    assert (stuck.restarts(), stuck.fsck_ended_well(), stuck.left()) == ((0, 1), True, [])
    wait_for("all placement groups to be clean", stuck.clean, timeout_s=10)


@pytest.mark.parametrize(("when", "number"), MOMENTS)
def test_killed_at_any_write_it_ends_like_an_undisturbed_run(
    stuck: StuckOsd, desk: Desk, when: str, number: int
) -> None:
    killed_and_taken_up(stuck, desk, when, number)


def test_an_undisturbed_run_has_no_more_writes_than_are_killed(stuck: StuckOsd, desk: Desk) -> None:
    stuck.again()
    assert the_result(desk.apply(desk.plan("restart-ceph-osd", "--host", WORKER))).end == "repaired"
    assert (len(desk.journal()), stuck.restarts(), stuck.left()) == (WRITES, (0, 1), [])
