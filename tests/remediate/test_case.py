"""Which problems a runbook is for, and the same problem in another audit."""

import pytest

from nornir_hygiene.remediate.case import cases, same_case
from nornir_hygiene.remediate.guards import refusals
from tests.diagnose.clusters import recorded
from tests.remediate.problems import (
    CLEAN,
    FROZEN,
    FULL_POD,
    HANGS_ON_RBD,
    STOPPED,
    ZOMBIES,
    audit,
    runbook,
    seen,
    the_case,
)

WORKERS = tuple(seen(name, HANGS_ON_RBD) for name in ("worker-2", "worker-1"))


def test_each_finding_of_its_kinds_is_a_case_of_its_own_host() -> None:
    report = audit(seen("b", ZOMBIES + STOPPED), seen("a", ZOMBIES), seen("c"))
    assert [case.host for case in cases(runbook("reap-zombies"), report)] == ["a", "b"]
    assert [case.host for case in cases(runbook("resume-stopped"), report)] == ["b"]
    assert cases(runbook("thaw"), report) == ()


def test_findings_of_many_hosts_with_one_cause_are_one_case() -> None:
    (case,) = cases(runbook("restart-ceph-osd"), audit(*WORKERS, views=recorded("stuck")))
    assert (case.host, case.admin, case.sufferers) == ("ceph-2", "ceph-1", ("worker-1", "worker-2"))
    assert case.key == case.about == "ceph-osd osd.1 on ceph-2"
    assert len(case.findings) == 2


def test_a_cause_that_is_sick_in_another_way_is_no_case() -> None:
    osd = runbook("restart-ceph-osd")
    only_stuck = osd.model_copy(update={"handles": osd.handles.model_copy(update={"sick": ("stuck",)})})
    assert cases(only_stuck, audit(*WORKERS, views=recorded("stopped"))) == ()
    assert cases(only_stuck, audit(*WORKERS, views=recorded("stuck"))) != ()


@pytest.mark.parametrize(
    ("state", "why"),
    [("two-stopped", "more than one culprit in different hosts"), ("healthy", ""), ("paused", "pause"), ("", "asked")],
)
def test_what_is_not_established_is_a_case_that_is_refused_with_the_reason(state: str, why: str) -> None:
    osd = runbook("restart-ceph-osd")
    found = cases(osd, audit(*WORKERS, views=recorded(state) if state else ()))
    against = {told.guard: told.why for case in found for told in refusals(case, osd)}
    assert why in against["cause-established"]


def test_the_same_problem_is_found_again_in_another_audit() -> None:
    before = the_case("reap-zombies", ZOMBIES)
    later = audit(seen("host-1", ZOMBIES.replace("age=9", "age=19")))
    after = same_case(runbook("reap-zombies"), later, (before.key,))
    assert after
    assert after.about == before.about == "zombie-parent-not-waiting on process 700@7000 app-test"


def test_another_process_that_does_the_same_is_another_problem() -> None:
    before = the_case("reap-zombies", ZOMBIES)
    restarted = audit(seen("host-1", ZOMBIES.replace("looked", "looked start=9999")))
    assert same_case(runbook("reap-zombies"), restarted, (before.key,)) is None
    assert same_case(runbook("reap-zombies"), audit(seen("host-1", CLEAN)), (before.key,)) is None


def test_what_was_there_besides_and_what_could_not_be_seen_are_remembered() -> None:
    two = seen("host-1", ZOMBIES + ZOMBIES.replace("70", "80"))
    first, second = cases(runbook("reap-zombies"), audit(two, seen("host-2", ZOMBIES + FROZEN + FULL_POD)))[:2]
    assert (first.others, second.others) == ((second.key,), (first.key,))
    assert first.gaps == ()
