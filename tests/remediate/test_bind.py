"""Rungs bound to a case: exact steps with whole arguments, or the reason why not."""

import pytest

from nornir_hygiene.models.runbook import Rung
from nornir_hygiene.remediate.bind import Unbound, bound, bound_rungs, checked_arguments, holds
from nornir_hygiene.remediate.case import Case, cases
from tests.diagnose.clusters import recorded
from tests.remediate.problems import (
    FROZEN,
    FROZEN_CGROUP,
    HANGS_ON_RBD,
    TWO_DAEMONS,
    ZOMBIES,
    ZOMBIES_OF_A_CATCHER,
    audit,
    runbook,
    seen,
    the_case,
)


def osd_case(state: str) -> Case:
    (case,) = cases(runbook("restart-ceph-osd"), audit(seen("worker-1", HANGS_ON_RBD), views=recorded(state)))
    return case


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (ZOMBIES_OF_A_CATCHER, [1, 2, 3, 4]),
        (ZOMBIES, [2, 3, 4]),
        (ZOMBIES.replace("sigcgt=0", "sigign=10000"), [2, 3, 4]),
        (ZOMBIES_OF_A_CATCHER.replace("sigcgt", "sigblk=10000 sigcgt"), [2, 3, 4]),
        (ZOMBIES.replace("looked sigcgt=0", ""), [2, 3, 4]),
    ],
    ids=["caught", "not caught", "ignored", "blocked", "not told"],
)
def test_a_parent_is_reminded_only_if_it_listens(text: str, numbers: list[int]) -> None:
    rungs, refusal = bound_rungs(runbook("reap-zombies"), the_case("reap-zombies", text))
    assert ([rung.number for rung in rungs], refusal) == (numbers, None)


@pytest.mark.parametrize(("state", "name"), [("stopped", "continue it"), ("stuck", "restart it")])
def test_the_way_it_is_sick_chooses_the_rung(state: str, name: str) -> None:
    rungs, _ = bound_rungs(runbook("restart-ceph-osd"), osd_case(state))
    assert [rung.name for rung in rungs] == [name]


def test_a_condition_on_the_cause_does_not_hold_without_one() -> None:
    rung = runbook("restart-ceph-osd").rungs[0]
    assert not holds(rung, the_case("thaw", FROZEN))


def test_steps_go_to_the_cause_or_to_who_reaches_the_cluster() -> None:
    (rung,), _ = bound_rungs(runbook("restart-ceph-osd"), osd_case("stuck"))
    assert [(step.host, step.action, step.arguments) for step in rung.steps] == [
        ("ceph-1", "check-osd", {"osd": 1}),
        ("ceph-1", "hold-osd", {"osd": 1, "seconds": 600}),
        ("ceph-2", "restart-osd", {"osd": 1}),
        ("ceph-1", "await-osd", {"osd": 1}),
    ]
    assert rung.steps[2].says == "restart the service of osd.1"
    assert rung.steps[2].timeout_s == 120


def test_a_value_the_finding_does_not_tell_is_refused_by_name() -> None:
    case = the_case("restart-fuse-daemon", TWO_DAEMONS)
    rungs, refusal = bound_rungs(runbook("restart-fuse-daemon"), case)
    assert rungs == ()
    assert refusal
    assert (refusal.guard, "does not tell finding.daemon" in refusal.why) == ("bindable", True)


def test_where_no_rung_is_for_it_that_is_the_reason() -> None:
    first = runbook("reap-zombies").model_copy(update={"rungs": runbook("reap-zombies").rungs[:1]})
    rungs, refusal = bound_rungs(first, the_case("reap-zombies", ZOMBIES))
    assert rungs == ()
    assert refusal
    assert "no rung" in refusal.why


def test_a_value_the_action_does_not_take_is_refused() -> None:
    told = Rung.model_validate(
        {"name": "raise", "steps": [{"name": "raise", "do": "raise-pids-limit",
         "with": {"path": "finding.cgroup", "limit": "finding.cgroup"}}]}
    )  # fmt: skip
    with pytest.raises(Unbound, match="raise-pids-limit cannot take this limit"):
        bound(told, 1, the_case("thaw-cgroup", FROZEN_CGROUP))
    with pytest.raises(Unbound, match="thaw-filesystem cannot take this mountpoint"):
        checked_arguments("thaw-filesystem", {"mountpoint": "/x\x00/y"})


def test_what_is_planned_stands_whole_in_its_arguments() -> None:
    hostile = FROZEN.replace("/mnt/x", "/mnt/$(reboot);`x`'\"")
    (rung,), _ = bound_rungs(runbook("thaw"), the_case("thaw", hostile))
    assert rung.steps[0].arguments == {"mountpoint": "/mnt/$(reboot);`x`'\""}
