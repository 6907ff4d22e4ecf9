"""Nothing is planned for what a team has suppressed, and the plan says so."""

from datetime import UTC, datetime

from nornir_hygiene.models.plan import Plan
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.suppression import Suppressed
from nornir_hygiene.remediate.case import same_case
from nornir_hygiene.report.plans import plan_lines
from tests.diagnose.clusters import recorded
from tests.remediate.problems import HANGS_ON_RBD, STOPPED, ZOMBIES, audit, loaded, planned, seen

BY = Suppressed(
    reason="known", owner="apps", expires_at=datetime(2026, 12, 31, tzinfo=UTC), where="suppressions.yaml:1"
)


def hidden(report: AuditReport, *hosts: str) -> AuditReport:
    """The same with every finding of these hosts suppressed."""
    marked = tuple(
        host.model_copy(
            update={"findings": tuple(each.model_copy(update={"suppressed": BY}) for each in host.findings)}
            if host.host in hosts
            else {}
        )
        for host in report.hosts
    )
    return report.model_copy(update={"hosts": marked})


def test_a_suppressed_finding_is_no_target_and_is_counted() -> None:
    report = audit(seen("host-1", ZOMBIES), seen("host-2", ZOMBIES), seen("host-3", ZOMBIES))
    plan = planned("reap-zombies", hidden(report, "host-1", "host-3"))
    assert [target.host for target in plan.targets] == ["host-2"]
    assert [(left.findings, left.suppressed) for left in plan.left_out] == [(2, BY)]
    text = "\n".join(plan_lines(plan))
    assert "  left out: 2 findings suppressed until 2026-12-31 00:00Z, apps: known (suppressions.yaml:1)" in text
    assert "1 of 1 targets can be worked on" in text
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_where_all_is_suppressed_there_is_nothing_to_do() -> None:
    plan = planned("reap-zombies", hidden(audit(seen("host-1", ZOMBIES)), "host-1"))
    assert plan.targets == ()
    assert any(line.endswith("is one for reap-zombies and not suppressed") for line in plan_lines(plan))


def test_a_finding_the_runbook_is_not_for_is_not_counted() -> None:
    plan = planned("reap-zombies", hidden(audit(seen("host-1", ZOMBIES), seen("host-2", STOPPED)), "host-2"))
    assert plan.left_out == ()
    assert len(plan.targets) == 1


def test_of_a_cause_only_those_that_count_are_sufferers() -> None:
    report = audit(seen("worker-1", HANGS_ON_RBD), seen("worker-2", HANGS_ON_RBD), views=recorded("stuck"))
    plan = planned("restart-ceph-osd", hidden(report, "worker-2"))
    (target,) = plan.targets
    assert target.sufferers == ("worker-1",)
    assert [left.findings for left in plan.left_out] == [1]
    everything = planned("restart-ceph-osd", hidden(report, "worker-1", "worker-2"))
    assert everything.targets == ()
    assert [left.findings for left in everything.left_out] == [2]


def test_what_was_suppressed_after_the_plan_is_not_worked_on() -> None:
    report = audit(seen("host-1", ZOMBIES))
    (target,) = planned("reap-zombies", report).targets
    runbook = loaded("reap-zombies").runbook
    assert same_case(runbook, report, (target.key,)) is not None
    assert same_case(runbook, hidden(report, "host-1"), (target.key,)) is None
