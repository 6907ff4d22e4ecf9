"""kubernetes.sh on pods, beside a fake kubectl: who is evicted, who is left alone, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest

from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.kubernetes import (
    CORDON_NODE,
    DELETE_POD,
    DRAIN_NODE,
    RESTART_ROLLOUT,
    OfPod,
)
from tests.remediate.actions.admin_host import APP, NODE_SEEN, POD, WHICH, Admin
from tests.remediate.actions.played_cluster import (
    NODE,
    OTHER_UID,
    STATIC_HASH,
    UID,
    controller,
    mirror_pod,
    node,
    owner,
    pod,
)
from tests.remediate.actions.shells import SHELLS

EVICTION = (
    '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"app-7d9c5b8f6d-x2x9k","namespace":"shop"},'
    f'"deleteOptions":{{"preconditions":{{"uid":"{UID}"}}}}}}\n'
)


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_pod_is_evicted_by_its_uid_and_seen_gone(admin: Admin, shell: list[str]) -> None:
    admin.played.add(pod(by=APP), pod("other-1", OTHER_UID, APP))
    result = admin.told(DELETE_POD, shell=shell)
    assert (result.outcome, result.detail) == (
        "changed",
        f"{WHICH} is gone; its ReplicaSet app-7d9c5b8f6d makes another one",
    )
    assert result.facts == {"pod": WHICH, "owner": "ReplicaSet app-7d9c5b8f6d"}
    (asked,) = admin.changed()
    assert asked[:4] == ["create", "--raw", "/api/v1/namespaces/shop/pods/app-7d9c5b8f6d-x2x9k/eviction", "-f"]
    assert asked[5:] == [EVICTION]
    assert set(admin.cluster.objects) == {"nodes/worker-1", "pods/shop/other-1"}


def test_it_looks_among_the_pods_of_the_node_only(admin: Admin) -> None:
    admin.played.add(pod(by=APP))
    admin.told(DELETE_POD)
    first, *_ = admin.asked("get")
    assert first[:4] == ["get", "pods", "--all-namespaces", "--field-selector=spec.nodeName=worker-1"]


# What is different about the pod, and words of the refusal.
LEFT_ALONE: dict[str, tuple[dict[str, Any], str]] = {
    "no controller": ({}, "no controller: nobody would make another one"),
    "its node owns it": ({"by": owner("Node", NODE, "v1")}, "a Node owns it"),
    "a job": ({"by": owner("Job", "import-1", "batch/v1")}, "a Job owns it"),
    "an owner that is no controller": ({"ownerReferences": [{**APP, "controller": False}]}, "no controller"),
    "a mirror": ({"by": APP, "annotations": {"kubernetes.io/config.mirror": "x"}}, "mirror of a static pod"),
    "etcd by name": ({"by": APP, "name": "etcd-cp-1"}, "by its name"),
    "a mon by name": ({"by": APP, "name": "rook-ceph-mon-a-5f"}, "by its name"),
    "an api server by label": ({"by": APP, "labels": {"component": "kube-apiserver"}}, "by its labels"),
    "the control plane by label": ({"by": APP, "labels": {"tier": "control-plane"}}, "by its labels"),
    "a mon by label": ({"by": APP, "labels": {"app": "rook-ceph-mon"}}, "by its labels"),
    "a mon of another operator": ({"by": APP, "labels": {"ceph_daemon_type": "mon"}}, "by its labels"),
    "etcd by label": ({"by": APP, "labels": {"k8s-app": "etcd-manager"}}, "by its labels"),
}  # fmt: skip


@pytest.mark.parametrize("action", [DELETE_POD, RESTART_ROLLOUT], ids=lambda action: action.name)
@pytest.mark.parametrize(("what", "why"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_pods_nobody_would_bring_back_or_all_live_on_are_left_alone(
    admin: Admin, action: Action, what: dict[str, Any], why: str
) -> None:
    admin.played.add(pod(**what))
    result = admin.told(action)
    assert (result.outcome, why in result.detail) == ("refused", True), result.detail
    assert admin.changed() == []


@pytest.mark.parametrize("name", ["system-node-critical", "system-cluster-critical"])
def test_what_kubernetes_calls_critical_is_left_alone(admin: Admin, name: str) -> None:
    critical = pod(by=APP)
    critical["spec"]["priorityClassName"] = name
    admin.played.add(critical)
    assert (admin.told(DELETE_POD).outcome, admin.changed()) == ("refused", [])


def test_a_static_pod_is_known_by_the_hash_its_node_calls_it_by(admin: Admin) -> None:
    admin.played.add(mirror_pod())
    for uid in (STATIC_HASH, OTHER_UID):
        result = admin.told(DELETE_POD, OfPod(uid=uid, node=NODE))
        assert (result.outcome, "static pod" in result.detail or "a Node owns it" in result.detail) == ("refused", True)
    assert admin.changed() == []


@pytest.mark.parametrize("role", ["control-plane", "master", "controlplane", "etcd"])
def test_nothing_is_done_to_a_node_of_the_control_plane_or_what_lives_there(admin: Admin, role: str) -> None:
    admin.played.add(node(**{f"node-role.kubernetes.io/{role}": ""}), pod(by=APP))
    for action, arguments in ((DELETE_POD, POD), (CORDON_NODE, NODE_SEEN), (DRAIN_NODE, NODE_SEEN)):
        result = admin.told(action, arguments)
        assert (result.outcome, "carries the control plane" in result.detail) == ("refused", True)
    assert admin.changed() == []


def test_a_pod_that_is_gone_or_elsewhere_is_not_looked_for_by_name(admin: Admin) -> None:
    admin.played.add(pod(uid=OTHER_UID, by=APP))
    result = admin.told(DELETE_POD)
    assert (result.outcome, f"worker-1 has no pod with the UID {UID}" in result.detail) == ("refused", True)
    assert admin.changed() == []


def test_a_name_that_is_given_has_to_be_that_pods(admin: Admin) -> None:
    admin.played.add(pod(by=APP))
    wrong = OfPod(uid=UID, node=NODE, namespace="shop", name="app-0")
    result = admin.told(DELETE_POD, wrong)
    assert (result.outcome, f"that of {WHICH}, and not of shop/app-0" in result.detail) == ("refused", True)
    assert admin.changed() == []
    right = OfPod(uid=UID, node=NODE, namespace="shop", name="app-7d9c5b8f6d-x2x9k")
    assert admin.told(DELETE_POD, right).outcome == "changed"


def test_a_successor_that_comes_in_between_is_spared_by_the_precondition(admin: Admin) -> None:
    admin.played.replaced = ["app-7d9c5b8f6d-x2x9k"]
    admin.played.add(pod(by=APP))
    result = admin.told(DELETE_POD)
    assert (result.outcome, "not the pod that was seen" in result.detail) == ("refused", True)
    assert f"pods/{WHICH}" in admin.cluster.objects


def test_what_a_disruption_budget_keeps_stays_and_is_told(admin: Admin) -> None:
    admin.played.budget = ["app-7d9c5b8f6d-x2x9k"]
    admin.played.add(pod(by=APP))
    result = admin.told(DELETE_POD)
    assert (result.outcome, "violate the pod's disruption budget" in result.detail) == ("refused", True)
    assert f"pods/{WHICH}" in admin.cluster.objects


def test_a_pod_that_does_not_go_is_told_and_never_forced(admin: Admin) -> None:
    admin.played.stays = ["app-7d9c5b8f6d-x2x9k"]
    admin.played.add(pod(by=APP))
    result = admin.told(DELETE_POD)
    assert (result.outcome, "is being deleted and is still there after 3 s" in result.detail) == ("failed", True)
    assert len(admin.changed()) == 1
    again = admin.told(DELETE_POD)
    assert (again.outcome, "being deleted already, since 2026-11-22" in again.detail) == ("unchanged", True)
    assert len(admin.changed()) == 1


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_the_pod_belongs_to_is_rolled_out_anew(admin: Admin, shell: list[str]) -> None:
    by = owner("Deployment", "app")
    admin.played.add(pod(by=APP), controller("ReplicaSet", APP["name"], by), controller("Deployment", "app"))
    result = admin.told(RESTART_ROLLOUT, shell=shell)
    assert (result.outcome, result.facts) == ("changed", {"rollout": "Deployment shop/app"})
    restart, status = admin.changed()
    assert restart == ["rollout", "restart", "Deployment/app", "--namespace=shop"]
    assert status == ["rollout", "status", "Deployment/app", "--namespace=shop", "--timeout=5s"]


def test_a_replicaset_of_its_own_has_no_rollout(admin: Admin) -> None:
    admin.played.add(pod(by=APP), controller("ReplicaSet", APP["name"]))
    assert (admin.told(RESTART_ROLLOUT).outcome, admin.changed()) == ("unfit", [])


def test_a_rollout_that_does_not_come_to_its_end_is_told(admin: Admin) -> None:
    admin.played.stays = ["db"]
    admin.played.add(pod(by=owner("StatefulSet", "db")), controller("StatefulSet", "db"))
    result = admin.told(RESTART_ROLLOUT)
    assert (result.outcome, "was restarted, and is not rolled out" in result.detail) == ("failed", True)
