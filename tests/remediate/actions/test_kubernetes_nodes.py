"""kubernetes.sh on nodes, beside a fake kubectl: cordon, uncordon, drain."""

from pathlib import Path
from typing import Any

import pytest

from nornir_hygiene.remediate.actions.kubernetes import (
    CORDON_NODE,
    DRAIN_NODE,
    UNCORDON_NODE,
    OfBootedNode,
    OfNode,
)
from tests.remediate.actions.admin_host import APP, NODE_SEEN, WHICH, Admin
from tests.remediate.actions.played_cluster import (
    NODE,
    OTHER_UID,
    node,
    owner,
    pod,
)
from tests.remediate.actions.shells import SHELLS


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_node_is_marked_then_cordoned_and_taken_back_only_if_it_was_us(admin: Admin, shell: list[str]) -> None:
    result = admin.told(CORDON_NODE, NODE_SEEN, shell)
    assert (result.outcome, "kubectl uncordon worker-1" in result.detail) == ("changed", True)
    mark, cordon = admin.changed()
    assert mark[:3] == ["annotate", "--overwrite", "node/worker-1"]
    assert mark[3].startswith("nornir-hygiene/cordoned-by=test-")
    assert cordon == ["cordon", "worker-1"]
    again = admin.told(CORDON_NODE, NODE_SEEN, shell)
    assert (again.outcome, "cordoned already, by test-" in again.detail) == ("unchanged", True)
    assert admin.told(UNCORDON_NODE, OfNode(node=NODE), shell).outcome == "changed"
    now = admin.cluster.objects["nodes/worker-1"]
    assert (now["spec"], now["metadata"]["annotations"]) == ({"unschedulable": False}, {})


def test_a_cordon_of_somebody_else_stays_theirs(admin: Admin) -> None:
    theirs = node()
    theirs["spec"]["unschedulable"] = True
    admin.played.add(theirs)
    assert admin.told(CORDON_NODE, NODE_SEEN).outcome == "unchanged"
    assert admin.told(UNCORDON_NODE, OfNode(node=NODE)).outcome == "unchanged"
    assert admin.changed() == []


def test_a_cordon_that_fails_leaves_no_mark(admin: Admin) -> None:
    admin.played.stays = [NODE]
    admin.played.save()
    result = admin.told(CORDON_NODE, NODE_SEEN)
    assert (result.outcome, "forbidden" in result.detail) == ("failed", True)
    assert admin.cluster.objects["nodes/worker-1"]["metadata"]["annotations"] == {}


def test_a_node_in_another_boot_is_not_the_host_that_was_seen(admin: Admin) -> None:
    for action in (CORDON_NODE, DRAIN_NODE):
        result = admin.told(action, OfBootedNode(node=NODE, boot="0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11"))
        assert (result.outcome, "is not the host that was seen" in result.detail) == ("refused", True)
    assert admin.changed() == []


def cordoned(admin: Admin, *pods: dict[str, Any]) -> None:
    closed = node()
    closed["spec"]["unschedulable"] = True
    admin.played.add(closed, *pods)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_cordoned_node_is_drained_by_eviction(admin: Admin, shell: list[str]) -> None:
    cordoned(admin, pod(by=APP), pod("other-1", OTHER_UID, APP))
    result = admin.told(DRAIN_NODE, NODE_SEEN, shell, seconds=60)
    assert (result.outcome, result.facts) == ("changed", {"evicted": "2"})
    (asked,) = admin.changed()
    assert asked[:3] == ["drain", "worker-1", "--ignore-daemonsets"]
    assert 40 <= int(asked[3].removeprefix("--timeout=").removesuffix("s")) <= 55
    assert len(asked) == 4


def test_a_node_that_still_takes_pods_is_not_drained(admin: Admin) -> None:
    result = admin.told(DRAIN_NODE, NODE_SEEN)
    assert (result.outcome, "is not cordoned" in result.detail) == ("refused", True)
    assert admin.changed() == []


def test_whom_a_budget_keeps_on_the_node_is_named(admin: Admin) -> None:
    admin.played.budget = ["db-0"]
    cordoned(admin, pod(by=APP), pod("db-0", OTHER_UID, owner("StatefulSet", "db")))
    result = admin.told(DRAIN_NODE, NODE_SEEN)
    assert (result.outcome, "a PodDisruptionBudget keeps shop/db-0" in result.detail) == ("failed", True)
    assert ("did not complete within" in result.detail, result.facts) == (True, {"evicted": "1"})


def test_a_pod_without_a_controller_keeps_the_whole_node_as_it_is(admin: Admin) -> None:
    cordoned(admin, pod())
    result = admin.told(DRAIN_NODE, NODE_SEEN)
    assert (result.outcome, "declare no controller" in result.detail) == ("refused", True)
    assert f"pods/{WHICH}" in admin.cluster.objects
