"""Processes that do not run, and what is frozen: as a person sees it in `ps`, and how it ends by itself."""

import time

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.command import wait_for
from tests.lab.test_lab_faults import planted, threads

pytestmark = pytest.mark.lab


def test_a_stopped_service_and_its_twin_that_runs_again_and_again(lab: Lab) -> None:
    with planted(lab, "stopped") as fault:
        assert threads(lab.host(fault.host))[fault.facts.pid or 0][1:] == ("Ts", "do_signal_stop")
        twin = next(other for other in lab.state.planted if other.twin)
        host, states = lab.host(twin.host), []
        for _ in range(15):
            states.append(threads(host)[twin.facts.pid or 0][1])
            time.sleep(0.1)
        assert set(states) == {"S", "T"}


def test_a_background_job_is_stopped_by_its_terminal(lab: Lab) -> None:
    with planted(lab, "stopped-job") as fault:
        assert threads(lab.host(fault.host))[fault.facts.pid or 0][1:] == ("T", "do_signal_stop")
        twin = next(other for other in lab.state.planted if other.twin)
        assert threads(lab.host(twin.host))[twin.facts.pid or 0][1] == "S+"


def test_a_tracer_holds_its_tracee_and_the_twin_lets_it_run(lab: Lab) -> None:
    with planted(lab, "traced") as fault:
        assert threads(lab.host(fault.host))[fault.facts.pid or 0][1:] == ("t", "ptrace_stop")
        twin = next(other for other in lab.state.planted if other.twin)
        host = lab.host(twin.host)
        status = host.run(["cat", f"/proc/{twin.facts.pid}/status"]).stdout
        assert "\nTracerPid:\t0\n" not in status
        assert threads(host)[twin.facts.pid or 0][1] == "S"


def test_a_frozen_container_is_in_d_and_cannot_be_killed(lab: Lab) -> None:
    with planted(lab, "cgroup-frozen") as fault:
        host = lab.host(fault.host)
        assert {threads(host)[pid][1][0] for pid in fault.facts.pids} == {"D"}
        host.run(["kill", "-KILL", str(fault.facts.pids[0])])
        time.sleep(0.3)
        assert fault.facts.pids[0] in threads(host)


def test_a_container_frozen_by_v2_is_in_s(lab: Lab) -> None:
    with planted(lab, "cgroup-frozen-v2") as fault:
        seen = threads(lab.host(fault.host))
        assert {seen[pid][1][0] for pid in (fault.facts.pid or 0, *fault.facts.pids)} == {"S"}
        assert {seen[pid][2] for pid in fault.facts.pids} <= {"get_signal", "do_freezer_trap"}


def test_a_writer_on_a_frozen_filesystem_goes_on_when_the_watchdog_thaws_it(lab: Lab) -> None:
    with planted(lab, "filesystem-frozen") as fault:
        host, pid = lab.host(fault.host), fault.facts.pid or 0
        assert threads(host)[pid][1:] == ("Ds", "percpu_rwsem_wait")
        wait_for("the thaw", lambda: threads(host)[pid][1][0] == "S", timeout_s=25, every_s=0.5)


def test_an_umount_hangs_after_it_left_the_table_and_ends_with_the_thaw(lab: Lab) -> None:
    with planted(lab, "umount-hang") as fault:
        host, pid = lab.host(fault.host), fault.facts.pid or 0
        assert threads(host)[pid][1][0] == "D"
        assert fault.facts.mountpoint not in host.run(["cat", "/proc/self/mountinfo"]).stdout.split()
        wait_for("the umount to end", lambda: pid not in threads(host), timeout_s=25, every_s=0.5)
