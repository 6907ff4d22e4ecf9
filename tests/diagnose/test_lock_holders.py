"""The kernel's word on who holds a lock: taken for the wait it is about, and for no other."""

import pytest

from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.settings import Thresholds

WAITER = "501 1 D cp path_openat age=130"
HOLDER = "500 1 S mkdir request_wait_answer age=140"


def blocked(*lines: str) -> Finding:
    findings = diagnose("here", snapshot_from("\n".join(lines)), Thresholds(), catalogue())
    return next(finding for finding in findings if finding.kind == "blocked-task")


def test_a_holder_that_is_not_blocked_itself_is_named_with_what_it_waits_for() -> None:
    cause = blocked(HOLDER, WAITER, "lock 501 cp 500 mkdir mutex 86390").cause
    assert cause.name == "mkdir (pid 500) in S, waiting in fuse-daemon"
    assert "likely holder of the mutex" in cause.because
    assert not cause.established


@pytest.mark.parametrize(
    "report",
    [
        "lock 501 cp 500 mkdir mutex 86200",  # before this wait began
        "lock 501 mv 500 mkdir mutex 86390",  # the waiter's pid was another's then
        "lock 501 cp 500 tar mutex 86390",  # the holder's was
        "lock 501 cp 777 mkdir mutex 86390",  # the holder is gone
    ],
)
def test_a_report_on_another_wait_or_task_is_not_believed(report: str) -> None:
    assert "mkdir" not in blocked(HOLDER, WAITER, report).cause.name


def test_two_that_hold_each_others_lock_name_each_other_and_neither_is_the_root() -> None:
    locks = "lock 501 cp 500 rm mutex 86390\nlock 500 rm 501 cp mutex 86390"
    snapshot = snapshot_from(f"500 1 D rm percpu_rwsem_wait age=140\n{WAITER}\n{locks}")
    findings = diagnose("here", snapshot, Thresholds(), catalogue())
    assert {finding.subject.name: finding.cause.name.split(" in ")[0] for finding in findings} == {
        "frozen-filesystem": "cp (pid 501)",
        "directory-lock": "rm (pid 500)",
    }
