"""How long a task is blocked, whichever CPU it last ran on and whichever the probe runs on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from tests.collect.test_probe_for_real import NONCE, observed, run_probe

pytestmark = pytest.mark.lab

CPUS = sorted(os.sched_getaffinity(0))[:2]
SLEEPER = "from nornir_hygiene.lab.guest.stage import vfork_a_sleeper; print(flush=True); vfork_a_sleeper(60)"
FACTS = (
    "@n begin version={version}\n@n host\n boot_id 09246baf-0f8c-42bc-aec2-fb6ceb989594\n"
    " kernel 6.1\n hostname h\n uptime 9000.0 1\n"
    "@n ps\n PID PPID STAT STARTED WCHAN\n 40 1 D Sat Nov 21 12:00:00 2026 submit_bio_wait\n"
    "@n choice\n 40 d\n@n status\n 40/task/40/status:Name:\tdd\n 40/task/40/status:State:\tD (disk sleep)\n"
    "@n sched\n self/sched:se.exec_start : 8000000.0\n 40/task/40/sched:se.exec_start : 8890000.0\n"
    "{clocks}@n end complete=yes\n"
)


@contextmanager
def blocked_on(cpu: int) -> Iterator[tuple[int, float]]:
    """A task in D that last ran on this CPU: its pid, and since when."""
    argv = ["taskset", "-c", str(cpu), sys.executable, "-c", SLEEPER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as parent:
        try:
            assert parent.stdout is not None
            parent.stdout.readline()
            yield parent.pid, time.monotonic()
        finally:
            os.killpg(parent.pid, 9)


def seen(version: int, clocks: str) -> Snapshot:
    answer = Answer(stdout=FACTS.format(version=version, clocks=clocks).encode(), stderr_tail=b"", exit_status=0)
    snapshot = read_answer(answer, "n")
    assert isinstance(snapshot, Snapshot)
    return snapshot


def age_told(version: int, clocks: str) -> float | None:
    return seen(version, clocks).suspects[0].threads[0].last_ran_age_s


def found_after(*again: str) -> list[str]:
    """What is found of a task without a known age, whose second look is this; its first says 5 switches."""
    looks = (["voluntary_ctxt_switches:\t5", "nonvoluntary_ctxt_switches:\t1"], again)
    first, second = ("".join(f" 40/task/40/status:{line}\n" for line in look) for look in looks)
    snapshot = seen(2, f"@n status\n{first}@n status-again\n{second}")
    return [f"{one.kind} {one.severity}" for one in diagnose("h", snapshot, Thresholds(), catalogue())]


def test_the_age_is_taken_by_the_clock_of_the_tasks_own_cpu() -> None:
    clocks = (
        "@n on-cpu\n 40/task/40 3\n@n clocks\n cpu0/sched:se.exec_start : 1.0\n cpu3/sched:se.exec_start : 8900000.0\n"
    )
    assert age_told(2, clocks) == 10.0


def test_without_that_clock_it_is_unknown_and_not_guessed_by_another() -> None:
    assert age_told(2, "@n on-cpu\n 40/task/40 3\n@n clocks\n cpu0/sched:se.exec_start : 8900000.0\n") is None
    assert age_told(2, "") is None


def test_a_recording_of_the_first_version_has_one_clock() -> None:
    assert age_told(1, "") == 0.0


def test_where_no_clock_tells_only_who_did_not_move_between_two_looks_is_told() -> None:
    look = ("Name:\tdd", "State:\tD (disk sleep)", "nonvoluntary_ctxt_switches:\t1")
    assert found_after(*look, "voluntary_ctxt_switches:\t5") == ["blocked-task warning"]
    assert found_after(*look, "voluntary_ctxt_switches:\t6") == []
    assert found_after() == []  # it had ended


def test_who_had_ended_when_its_cpu_was_asked_for_is_left_out_but_never_one_that_held_up_a_reader() -> None:
    assert seen(2, "@n on-cpu\n").suspects == ()
    stalled = seen(2, "@n stall section=on-cpu at=40/task died=yes\n@n on-cpu\n")
    assert [suspect.pid for suspect in stalled.suspects] == [40]


def test_real_tasks_on_different_cpus_have_their_true_age_wherever_the_probe_runs() -> None:
    with blocked_on(CPUS[0]) as (first, since), blocked_on(CPUS[-1]) as (second, later):
        time.sleep(3)
        for cpu in CPUS:
            snapshot = observed(run_probe(["taskset", "-c", str(cpu), "dash"]))
            passed = {first: time.monotonic() - since, second: time.monotonic() - later}
            for pid, true in passed.items():
                thread = next(one for one in snapshot.suspects if one.pid == pid).threads[0]
                assert thread.last_ran_age_s == pytest.approx(true, abs=2), (pid, cpu)


def test_without_taskset_two_looks_tell_who_did_not_move() -> None:
    script = probe_script().replace(b"taskset -c", b"no-such-program -c")
    with blocked_on(CPUS[0]) as (pid, _):
        snapshot = observed(run_probe(["dash"], script, (NONCE, "3000", "9000")))
    suspect = next(one for one in snapshot.suspects if one.pid == pid)
    assert suspect.threads[0].last_ran_age_s is None
    assert suspect.unchanged_for_s == 3.0
