"""What ends a fault and what does not; healed, it leaves nothing. Last of the tests about a planted one."""

import time

import pytest

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.loops import in_use
from nornir_hygiene.lab.roster import CLEAN
from tests.lab.here import Here, Together, about, about_groups, names_everywhere, threads

pytestmark = pytest.mark.lab

ALWAYS_THERE = {"/opt:", "/srv:", "/var/lib/rbd:", "mute-listener", "/run/mute-listener.report"}


@about("init-ignores-sigterm")
def test_an_init_without_a_handler_survives_sigterm_and_its_twin_ends(here: Here) -> None:
    twin = here.twin
    for made in (here.planted, twin):
        here.lab.host(made.host).run(["kill", "-TERM", str(made.facts.pid)])
    wait_for("the twin to end", lambda: twin.facts.pid not in threads(here.twin_host), timeout_s=5)
    assert here.facts.pid in threads(here.host)


@about("cgroup-frozen")
def test_a_frozen_container_cannot_be_killed(here: Here) -> None:
    here.host.run(["kill", "-KILL", str(here.facts.pids[0])])
    time.sleep(0.3)
    assert here.facts.pids[0] in threads(here.host)


@about("filesystem-frozen")
def test_a_writer_on_a_frozen_filesystem_goes_on_when_the_watchdog_thaws_it(here: Here) -> None:
    pid = here.facts.pid or 0
    wait_for("the thaw", lambda: threads(here.host)[pid][1][0] == "S", timeout_s=25, every_s=0.5)


@about("umount-hang")
def test_a_hung_umount_ends_with_the_thaw_by_the_watchdog(here: Here) -> None:
    wait_for("the umount to end", lambda: here.facts.pid not in threads(here.host), timeout_s=25, every_s=0.5)


@about_groups()
def test_a_healed_fault_leaves_nothing(together: Together) -> None:
    lab = together.lab
    for here in together.each():
        assert here.planted.kinds == here.fault.kinds
        stand = {(made.host, made.twin) for made in lab.state.planted if made.fault == here.fault.name}
        assert stand == {(here.planted.host, False), (CLEAN.name, True)}
        lab.heal(here.planted)
        assert here.fault.name not in {made.fault for made in lab.state.planted}
    assert lab.state.planted == ()
    assert names_everywhere(lab) == together.names_before
    assert not any(in_use(number) for number in lab.state.loops)
    for name in (CLEAN.name, *(made.host for made in together.planted.values())):
        assert files_of_faults(lab.host(name)) <= ALWAYS_THERE


def files_of_faults(host: LabHost) -> set[str]:
    look = "ls /opt /srv /var/lib/rbd 2>/dev/null; ls /run/*.report /run/*.go"
    return set(host.run(["sh", "-c", look], check=False).stdout.split())
