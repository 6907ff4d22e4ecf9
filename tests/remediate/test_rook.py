"""The runbook for OSDs that Rook runs: where its steps are done, and what it needs to know."""

from nornir_hygiene.models.plan import Target
from nornir_hygiene.remediate.plan import Frame, make_plan
from tests.diagnose.clusters import recorded
from tests.remediate.problems import HANGS_ON_RBD, WHEN, audit, loaded, seen


def the_target(admin: str, state: str = "stuck") -> Target:
    worker = seen("worker-1", HANGS_ON_RBD).model_copy(update={"kubernetes_admin": admin})
    report = audit(worker, views=recorded(state))
    (target,) = make_plan(loaded("restart-rook-osd"), report, Frame(made_at=WHEN, inventory="inventory")).targets
    return target


def test_the_daemon_is_looked_at_on_its_host_and_all_else_is_done_where_kubectl_is() -> None:
    target = the_target("control-1")
    (rung,) = target.rungs
    assert [(step.action, step.host) for step in rung.steps] == [
        ("check-osd-daemon", "ceph-2"),
        ("check-osd", "control-1"),
        ("hold-osd", "control-1"),
        ("restart-osd-pod", "control-1"),
        ("await-osd", "control-1"),
    ]
    assert target.refused == ()


def test_without_a_host_with_kubectl_the_setting_is_named() -> None:
    (refusal,) = [each for each in the_target("").refused if each.guard == "place-known"]
    assert "`kubernetes_admin` in the inventory names it" in refusal.why


def test_a_sickness_it_is_not_for_is_refused_with_the_reason() -> None:
    (refusal,) = [each for each in the_target("control-1", "two-stopped").refused if each.guard == "cause-established"]
    assert "more than one culprit" in refusal.why
