"""Processes that do not run, and what is frozen: as a person sees it in `ps`."""

import time

import pytest

from tests.lab.here import Here, about, threads

pytestmark = pytest.mark.lab


@about("stopped")
def test_a_stopped_service_and_its_twin_that_runs_again_and_again(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("Ts", "do_signal_stop")
    twin = here.twin
    host, states = here.twin_host, []
    for _ in range(15):
        states.append(threads(host)[twin.facts.pid or 0][1])
        time.sleep(0.1)
    assert set(states) == {"S", "T"}


@about("stopped-job")
def test_a_background_job_is_stopped_by_its_terminal(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("T", "do_signal_stop")
    twin = here.twin
    assert threads(here.twin_host)[twin.facts.pid or 0][1] == "S+"


@about("traced")
def test_a_tracer_holds_its_tracee_and_the_twin_lets_it_run(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("t", "ptrace_stop")
    twin = here.twin
    host = here.twin_host
    status = host.run(["cat", f"/proc/{twin.facts.pid}/status"]).stdout
    assert "\nTracerPid:\t0\n" not in status
    assert threads(host)[twin.facts.pid or 0][1] == "S"


@about("cgroup-frozen-v2")
def test_a_container_frozen_by_v2_is_in_s(here: Here) -> None:
    seen = threads(here.host)
    assert {seen[pid][1][0] for pid in (here.facts.pid or 0, *here.facts.pids)} == {"S"}
    assert {seen[pid][2] for pid in here.facts.pids} <= {"get_signal", "do_freezer_trap"}


@about("cgroup-frozen")
def test_a_frozen_container_is_in_d(here: Here) -> None:
    seen = threads(here.host)
    assert {seen[pid][1][0] for pid in here.facts.pids} == {"D"}


@about("filesystem-frozen")
def test_a_writer_on_a_frozen_filesystem_is_in_d(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("Ds", "percpu_rwsem_wait")


@about("umount-hang")
def test_an_umount_hangs_after_it_left_the_table(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1][0] == "D"
    assert here.facts.mountpoint not in here.host.run(["cat", "/proc/self/mountinfo"]).stdout.split()
