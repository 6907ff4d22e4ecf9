"""A stopped OSD of a real Ceph: continued, and that is all. Molecule rehearses the stuck one, which is restarted."""

from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab, Planted
from nornir_hygiene.lab.command import wait_for
from tests.lab.audits import planted_and_ripe
from tests.lab.desk import Desk, steps_of, the_result
from tests.lab.test_runbooks import invocation

pytestmark = pytest.mark.lab
UNIT = "ceph-osd@{}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def fsck_ended_well(lab: Lab, planted: Planted) -> None:
    """By itself: whoever kills it takes the exit status away."""
    host, unit = lab.host(planted.host), str(planted.facts.unit)
    wait_for(
        "the check to end", lambda: "files (" in host.run(["journalctl", "-o", "cat", "-u", unit]).stdout, timeout_s=60
    )


def test_a_stopped_osd_is_continued_and_not_restarted(lab: Lab, desk: Desk) -> None:
    (planted,) = planted_and_ripe(lab, "rbd-osd-stopped")
    osd, host = planted.facts.osd, lab.host(str(planted.facts.osd_host))
    before = invocation(host, UNIT.format(osd))
    report = desk.apply(desk.plan("restart-ceph-osd", "--group", "k8s-workers"))
    assert (the_result(report).end, steps_of(report)) == ("repaired", [("continue", "changed")])
    assert the_result(report).host == planted.facts.osd_host
    assert invocation(host, UNIT.format(osd)) == before
    fsck_ended_well(lab, planted)
