"""From an audit and a runbook to a plan: every problem is in it, also those it must leave alone."""

from datetime import timedelta

from nornir_hygiene.models.plan import Plan
from nornir_hygiene.remediate.plan import Frame, make_plan
from tests.diagnose.clusters import recorded
from tests.remediate.problems import (
    FROZEN,
    HANGS_ON_RBD,
    WHEN,
    ZOMBIES,
    absent,
    audit,
    loaded,
    planned,
    seen,
)


def test_a_plan_names_exact_steps_on_exact_hosts() -> None:
    report = audit(seen("host-1", FROZEN), seen("host-2"))
    plan = planned("thaw", report)
    (target,) = plan.targets
    assert (target.host, target.about) == ("host-1", "filesystem-frozen on filesystem /mnt/x")
    assert target.rungs[0].steps[0].says == "thaw the filesystem mounted on /mnt/x"
    assert (target.key, target.refused, target.sufferers) == (target.fingerprints[0], (), ("host-1",))
    assert (plan.runbook, plan.runbook_digest, plan.risk) == ("thaw", loaded("thaw").digest, "disruptive")
    assert (plan.from_run, plan.selection) == (report.run_id, "all hosts")


def test_it_expires_and_is_never_the_same_twice() -> None:
    report = audit(seen("host-1", FROZEN))
    frame = Frame(made_at=WHEN, inventory="", expires_s=60)
    first, second = make_plan(loaded("thaw"), report, frame), make_plan(loaded("thaw"), report, frame)
    assert first.expires_at == WHEN + timedelta(seconds=60)
    assert first.plan_id != second.plan_id
    assert first.targets == second.targets


def test_it_comes_back_from_json_as_it_was() -> None:
    for plan in (
        planned("reap-zombies", audit(seen("host-1", ZOMBIES))),
        planned("restart-ceph-osd", audit(seen("worker-1", HANGS_ON_RBD), views=recorded("stuck"))),
    ):
        assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_hosts_beyond_its_limit_are_in_it_and_refused() -> None:
    plan = planned("reap-zombies", audit(*(seen(f"host-{number}", ZOMBIES) for number in range(5))))
    assert loaded("reap-zombies").runbook.limits.hosts == 3
    assert [[refusal.guard for refusal in target.refused] for target in plan.targets] == [
        [], [], [], ["hosts-limit"], ["hosts-limit"],
    ]  # fmt: skip
    assert plan.targets[4].refused[0].why == "one plan acts on at most 3 hosts"


def test_two_problems_of_one_host_count_as_one_host() -> None:
    twice = ZOMBIES + ZOMBIES.replace("70", "80")
    plan = planned("reap-zombies", audit(*(seen(f"host-{number}", twice) for number in range(3))))
    assert [target.refused for target in plan.targets] == [()] * 6


def test_a_fleet_that_is_mostly_ill_refuses_every_target() -> None:
    plan = planned("thaw", audit(seen("host-1", FROZEN), absent("host-2"), absent("host-3")))
    assert [refusal.guard for refusal in plan.targets[0].refused] == ["unhealthy-share"]


def test_what_was_there_besides_is_remembered_for_the_proof() -> None:
    plan = planned("reap-zombies", audit(seen("host-1", ZOMBIES + ZOMBIES.replace("70", "80"))))
    first, second = plan.targets
    assert (first.others, second.others) == (second.fingerprints, first.fingerprints)


def test_without_a_problem_it_is_empty() -> None:
    assert planned("thaw", audit(seen("host-1", ZOMBIES), absent("host-2"))).targets == ()
