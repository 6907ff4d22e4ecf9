"""What reboot-host does on which host: nothing is fenced that is no client, nothing drained that is no node."""

from pathlib import Path

import pytest

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.finding import Fact
from nornir_hygiene.models.plan import Outcome, Plan
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.remediate.case import Case
from nornir_hygiene.remediate.clients import rbd_clients
from tests.diagnose.clusters import recorded
from tests.remediate.played import RUN_ID, PlayedGround, carried_out, play_time
from tests.remediate.problems import HANGS_ON_RBD, ZOMBIES, audit, loaded, planned, seen
from tests.remediate.stories import Story, heals, says

HANGS = "500 1 D app msleep age=45"
FSID = "0c3f9a58-6f1e-4c0e-9d5c-3a1b2c4d5e6f"
ADDRESS = "10.0.0.7:0/3710147553"
NODE = ["cordon-node", "drain-node"]


def steps(plan: Plan) -> list[str]:
    (target,) = plan.targets
    return [step.action for step in target.rungs[0].steps]


def node(report: HostReport) -> HostReport:
    return report.model_copy(update={"kubernetes_admin": "control-1"})


def with_facts(report: HostReport, **facts: str) -> HostReport:
    """The same host, whose first finding tells other facts."""
    first, *others = report.findings
    told = tuple(Fact(name=name.replace("_", " "), value=value) for name, value in facts.items())
    evidence = first.evidence.model_copy(update={"facts": told})
    return report.model_copy(update={"findings": (first.model_copy(update={"evidence": evidence}), *others)})


def clients(report: HostReport) -> tuple[str, ...]:
    return rbd_clients(Case(audit(report), report.findings[:1], None, report.host))


def test_a_host_without_images_and_pods_is_looked_at_and_booted() -> None:
    plan = planned("reboot-host", audit(seen("host-1", HANGS)))
    assert (steps(plan), plan.risk) == (["check-reboot", "reboot-host"], "destructive")
    assert plan.targets[0].refused == ()


def test_a_node_is_emptied_before_and_opened_after() -> None:
    plan = planned("reboot-host", audit(node(seen("host-1", HANGS))))
    assert steps(plan) == ["check-reboot", *NODE, "reboot-host", "uncordon-node"]
    assert {step.host for step in plan.targets[0].rungs[0].steps} == {"host-1", "control-1"}


def test_an_rbd_client_is_fenced_right_before_the_boot() -> None:
    views = recorded("pg-inactive")
    plan = planned("reboot-host", audit(node(seen("worker-1", HANGS_ON_RBD)), views=views))
    assert steps(plan) == ["check-reboot", *NODE, "fence-clients", "reboot-host", "uncordon-node"]
    assert plan.targets[0].refused == ()


def test_where_nobody_can_fence_nobody_boots() -> None:
    for views in ((), recorded("mon-stopped")):
        (target,) = planned("reboot-host", audit(seen("worker-1", HANGS_ON_RBD), views=views)).targets
        assert "place-known" in [refusal.guard for refusal in target.refused]


def test_what_is_only_stuck_is_repaired_where_it_lives() -> None:
    (target,) = planned("reboot-host", audit(seen("worker-1", HANGS_ON_RBD), views=recorded("stuck"))).targets
    assert [refusal.guard for refusal in target.refused] == ["no-gentler-way"]


def test_clients_of_all_findings_of_the_host_are_told_by_address_else_by_image() -> None:
    host = seen("worker-1", HANGS_ON_RBD)
    assert clients(host) == ("image:kube-a1/vol-1",)
    kernel = with_facts(host, client=f"{FSID}.client4123", client_address=ADDRESS, rbd_image="kube-a1/vol-1")
    assert clients(kernel) == (f"{FSID}/{ADDRESS}",)
    assert clients(with_facts(host, client=f"{FSID}.client4123", rbd_image="a/b")) == ("image:a/b",)
    assert clients(seen("worker-1", ZOMBIES)) == ()


@pytest.mark.parametrize("image", ["?/vol-1", "kube-a1/vol 1", "kube-a1/$(reboot)", "kube-a1/-v"])
def test_an_image_nobody_can_name_cannot_be_fenced(image: str) -> None:
    host = with_facts(seen("worker-1", HANGS_ON_RBD), rbd_image=image)
    (target,) = planned("reboot-host", audit(host, views=recorded("pg-inactive"))).targets
    assert "bindable" in [refusal.guard for refusal in target.refused]


@pytest.mark.parametrize(
    ("drained", "end", "done"),
    [
        ("failed", "repaired", ["check-reboot", *NODE, "reboot-host", "uncordon-node"]),
        ("refused", "refused", ["check-reboot", *NODE]),
        ("unknown", "failed", ["check-reboot", *NODE]),
    ],
)
def test_pods_that_cannot_go_do_not_keep_it_from_booting_and_pods_nobody_may_touch_do(
    drained: Outcome, end: str, done: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    play_time(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shown = {"host-1": node(seen("host-1", HANGS)), "control-1": seen("control-1")}
    answers = {"check-reboot": says("unchanged"), "drain-node": says(drained), "reboot-host": heals("host-1")}
    plan = planned("reboot-host", audit(*shown.values()))
    story = Story(loaded("reboot-host"), PlayedGround(shown, answers=answers), plan)
    journal = Journal(open_store(tmp_path / "history.sqlite"), "anna@here")
    journal.append(RUN_ID, "run-started", plan=story.plan.model_dump(mode="json"), approved=None)
    (result,) = carried_out(story.plan, story.loaded, story.ground, journal).results
    assert (result.end, story.ground.actions()) == (end, done)
