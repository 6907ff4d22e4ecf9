"""Runbooks for Kubernetes: what they take from a finding, where their steps go, and what speaks against them."""

from pathlib import Path

import pytest
from nornir.core.inventory import Hosts, Inventory

from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.observe import Observation
from nornir_hygiene.fleet.selection import load_inventory
from nornir_hygiene.models.cgroup import PodName
from nornir_hygiene.models.plan import Argument
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.remediate.actions.kubernetes import UNCORDON_NODE, OfNode
from nornir_hygiene.remediate.bind import bound_rungs
from nornir_hygiene.remediate.case import Case, cases
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.guards import refusals
from nornir_hygiene.remediate.language import load_runbook
from nornir_hygiene.remediate.perform import Order
from nornir_hygiene.remediate.values import VALUES
from tests.diagnose.clusters import recorded
from tests.remediate.problems import FROZEN, HANGS_ON_RBD, audit, planned, runbook, seen

UID = "0c3f9a58-6f1e-4c0e-9d5c-3a1b2c4d5e6f"
POD = f"/kubepods/burstable/pod{UID}/{'a' * 64}"
OTHER = POD.replace("0c3f9a58", "7c3f9a58")
NAME = PodName(uid=UID, namespace="shop", name="app-7d9c5b8f6d-x2x9k")
ZOMBIES = f"""
    700 1   S pilot-agent ep_poll looked sigcgt=0 nspid=700,1 cg={POD}
    701 700 Z curl - age=90
    702 700 Z curl - age=91
    703 700 Z curl - age=92
"""
IN_D = f"    800 700 D postgres folio_wait_bit_common age=90 cg={POD} fd=/dev/rbd3\n    rbd /dev/rbd3 252:0 a/b sysfs\n"


def with_admin(report: HostReport, pod: PodName | None = None, admin: str = "kube-1") -> HostReport:
    findings = tuple(finding.model_copy(update={"pod": pod}) for finding in report.findings)
    return report.model_copy(update={"kubernetes_admin": admin, "findings": findings})


def recycling(text: str = ZOMBIES, pod: PodName | None = None, admin: str = "kube-1") -> Case:
    (case,) = cases(runbook("recycle-pod"), audit(with_admin(seen("host-1", text), pod, admin)))
    return case


def because(case: Case, book: str) -> dict[str, str]:
    return {refusal.guard: refusal.why for refusal in refusals(case, runbook(book))}


TOLD: list[tuple[str, Argument | None, Argument | None]] = [
    ("finding.pod-uid", UID, UID),
    ("finding.pod-name", None, "app-7d9c5b8f6d-x2x9k"),
    ("finding.pod-namespace", None, "shop"),
    ("finding.node", "sample", "sample"),
    ("finding.boot-id", "b0071d", "b0071d"),
]


@pytest.mark.parametrize(("name", "unnamed", "named"), TOLD)
def test_values_of_a_pod_and_its_node(name: str, unnamed: Argument | None, named: Argument | None) -> None:
    assert VALUES[name].take(recycling()) == unnamed
    assert VALUES[name].take(recycling(pod=NAME)) == named


def test_a_node_is_called_as_its_kubelet_does_and_not_as_the_inventory_does() -> None:
    report = seen("rack-7", ZOMBIES)
    assert report.facts
    facts = report.facts.model_copy(update={"hostname": "Worker-7.Example.ORG"})
    (case,) = cases(runbook("recycle-pod"), audit(report.model_copy(update={"facts": facts})))
    assert VALUES["finding.node"].take(case) == "worker-7.example.org"


def test_what_is_in_no_pod_or_in_two_has_no_uid() -> None:
    (frozen,) = cases(runbook("thaw"), audit(seen("host-1", FROZEN)))
    for name in ("finding.pod-uid", "finding.pod-name", "finding.pod-namespace"):
        assert VALUES[name].take(frozen) is None
    one, other = recycling(), recycling(ZOMBIES.replace(POD, OTHER))
    both = Case(one.report, (*one.findings, *other.findings), None, "host-1")
    assert VALUES["finding.pod-uid"].take(both) is None


def test_a_host_that_was_not_seen_has_no_node() -> None:
    case = recycling()
    gone = Case(audit(), case.findings, None, "host-1")
    assert VALUES["finding.node"].take(gone) is None


def test_the_look_is_on_the_node_and_the_deletion_where_kubectl_is() -> None:
    (rung,), refusal = bound_rungs(runbook("recycle-pod"), recycling())
    assert refusal is None
    assert [(step.host, step.action, step.arguments) for step in rung.steps] == [
        ("host-1", "check-pod", {"uid": UID}),
        ("kube-1", "delete-pod", {"uid": UID, "node": "sample", "namespace": "", "name": ""}),
    ]


def test_a_hostile_host_name_is_handed_to_nobody() -> None:
    for hostname in ("$(reboot)", "--all", "a b", "x\ny", "'"):
        report = seen("host-1", ZOMBIES)
        assert report.facts
        hostile = report.model_copy(update={"facts": report.facts.model_copy(update={"hostname": hostname})})
        (target,) = planned("recycle-pod", audit(with_admin(hostile))).targets
        assert "bindable" in {refusal.guard for refusal in target.refused}


def test_zombies_outside_of_pods_are_not_for_it() -> None:
    (target,) = planned("recycle-pod", audit(with_admin(seen("host-1", ZOMBIES.replace(f" cg={POD}", ""))))).targets
    assert "does not tell finding.pod-uid" in target.refused[0].why


def test_nothing_speaks_against_a_pod_of_an_application() -> None:
    assert because(recycling(), "recycle-pod") == {}
    assert because(recycling(pod=NAME), "recycle-pod") == {}


def test_without_a_host_with_kubectl_the_setting_is_named() -> None:
    why = because(recycling(admin=""), "recycle-pod")["place-known"]
    assert "host-1" in why
    assert "`kubernetes_admin` in the inventory" in why


def test_a_task_of_the_pod_in_d_keeps_it_and_one_of_another_does_not() -> None:
    assert "postgres (pid 800)" in because(recycling(ZOMBIES + IN_D), "recycle-pod")["no-task-of-it-in-d"]
    assert because(recycling(ZOMBIES + IN_D.replace(POD, OTHER)), "recycle-pod") == {}


@pytest.mark.parametrize("name", ["etcd-cp-1", "kube-apiserver-cp-1", "rook-ceph-mon-a-5f", "csi-rbdplugin-x2x9k"])
def test_members_of_the_cluster_itself_are_left_to_a_person(name: str) -> None:
    member = NAME.model_copy(update={"name": name})
    assert name in because(recycling(pod=member), "recycle-pod")["not-the-cluster-itself"]


def hanging(state: str) -> Case:
    (case,) = cases(
        runbook("cordon-and-drain"), audit(with_admin(seen("worker-1", HANGS_ON_RBD)), views=recorded(state))
    )
    return case


def test_a_node_is_not_emptied_for_an_osd_that_only_has_to_be_woken() -> None:
    for state in ("stopped", "stuck"):
        assert "repair that first" in because(hanging(state), "cordon-and-drain")["no-gentler-way"]
    assert because(hanging("mon-stopped"), "cordon-and-drain") == {}


def test_a_node_is_cordoned_then_drained_as_the_boot_that_was_seen() -> None:
    (rung,), _ = bound_rungs(runbook("cordon-and-drain"), hanging("mon-stopped"))
    seen_ = {"node": "sample", "boot": "b0071d"}
    assert [(step.host, step.action, step.arguments) for step in rung.steps] == [
        ("kube-1", "cordon-node", seen_),
        ("kube-1", "drain-node", seen_),
    ]


def test_of_two_hosts_with_kubectl_nobody_knows_which_is_meant() -> None:
    first, second = (with_admin(seen(name, HANGS_ON_RBD), admin=f"kube-{name}") for name in ("a", "b"))
    book = runbook("restart-ceph-osd")
    (case,) = cases(book, audit(first, second, views=recorded("stuck")))
    assert (case.place("kubernetes"), case.place("admin")) == ("", "ceph-1")


def test_the_setting_comes_into_the_report() -> None:
    told = Observation(seen=snapshot_from(ZOMBIES), settings=HostSettings(kubernetes_admin="kube-1"), took_s=0.1)
    assert judged("host-1", told).kubernetes_admin == "kube-1"


INVENTORY = "worker-1:\n  data:\n    nornir_hygiene:\n      kubernetes_admin: {}\nkube-1: {{}}\n"


def test_a_setting_that_names_no_host_is_told_with_its_line(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text(INVENTORY.format("kube-1"))
    load_inventory(tmp_path)
    hosts.write_text(INVENTORY.format("kube-2"))
    with pytest.raises(ConfigError, match="kube-2") as caught:
        load_inventory(tmp_path)
    assert (caught.value.where, "did you mean kube-1" in caught.value.hint) == (f"{hosts}:4", True)


def test_groups_and_defaults_are_read_for_it_too(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text("worker-1: {groups: [workers]}\n")
    wrong = "data:\n  nornir_hygiene:\n    kubernetes_admin: kube-2\n"
    (tmp_path / "groups.yaml").write_text("workers:\n" + "".join(f"  {line}\n" for line in wrong.splitlines()))
    with pytest.raises(ConfigError) as caught:
        load_inventory(tmp_path)
    assert caught.value.where == f"{tmp_path}/groups.yaml:4"
    (tmp_path / "groups.yaml").write_text("workers: {}\n")
    (tmp_path / "defaults.yaml").write_text(wrong)
    with pytest.raises(ConfigError) as caught:
        load_inventory(tmp_path)
    assert caught.value.where == f"{tmp_path}/defaults.yaml:3"


def test_a_host_the_inventory_does_not_have_did_nothing() -> None:
    order = Order(UNCORDON_NODE, OfNode(node="worker-1"), "token", "tester", 10)
    result = Ground(Inventory(hosts=Hosts())).perform("kube-9", order).result
    assert (result.outcome, "no host 'kube-9'" in result.detail) == ("failed", True)


def test_an_action_stands_only_where_it_can_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nr.yaml").touch()
    (tmp_path / "playbooks").mkdir()
    monkeypatch.chdir(tmp_path)
    good = (Path(__file__).parents[2] / "playbooks" / "recycle-pod.yaml").read_text()
    mine = tmp_path / "playbooks" / "mine.yaml"
    mine.write_text(good)
    load_runbook("mine")
    mine.write_text(good.replace("        at: kubernetes\n", ""))
    with pytest.raises(ConfigError, match="delete-pod is done `at: kubernetes` only") as caught:
        load_runbook("mine")
    line = good.splitlines().index("      - name: recycle") + 1
    assert caught.value.where == f"{mine}:{line}"
