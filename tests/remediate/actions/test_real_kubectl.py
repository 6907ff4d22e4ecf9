"""kubernetes.sh with a real kubectl, whose API server is played: its words, its requests, its complaints.

Skipped where no kubectl is installed; nothing installs one for it.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.kubernetes import (
    CORDON_NODE,
    DELETE_POD,
    DRAIN_NODE,
    RESTART_ROLLOUT,
    UNCORDON_NODE,
    OfBootedNode,
    OfNode,
    OfPod,
)
from tests.remediate.actions.played_api import PlayedApi, played_api
from tests.remediate.actions.played_cluster import (
    BOOT,
    NODE,
    OTHER_UID,
    STATIC_HASH,
    UID,
    PlayedCluster,
    controller,
    mirror_pod,
    node,
    owner,
    pod,
)
from tests.remediate.actions.shells import fake, order, told


def _kubectls() -> list[Path]:
    """The one on PATH; where a dispatcher stands for several versions, the oldest and the newest of them."""
    found = shutil.which("kubectl")
    if found is None:
        return []
    real = Path(found).resolve()
    versions = sorted(real.parent.glob("kubectl.1.*"), key=lambda path: int(path.suffix[1:]))
    return [versions[0], versions[-1]] if versions else [real]


pytestmark = pytest.mark.skipif(not _kubectls(), reason="no kubectl is installed")
APP = owner("ReplicaSet", "app-7d9c5b8f6d")
POD = OfPod(uid=UID, node=NODE)
NODE_SEEN = OfBootedNode(node=NODE, boot=BOOT)
EVICTION_PATH = "/api/v1/namespaces/shop/pods/app-7d9c5b8f6d-x2x9k/eviction"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PlayedApi]:
    cluster = PlayedCluster(tmp_path / "cluster.json")
    cluster.add(node())
    with played_api(cluster) as served:
        yield served


@pytest.fixture(params=_kubectls(), ids=lambda path: path.name)
def act(request: pytest.FixtureRequest, api: PlayedApi, tmp_path: Path) -> "Act":
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "played", "cluster": {"server": api.url}}],
        "contexts": [{"name": "played", "context": {"cluster": "played", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
        "current-context": "played",
    }
    (tmp_path / "config").write_text(json.dumps(config))
    fake(tmp_path / "bin", "kubectl", f'exec env KUBECONFIG={tmp_path}/config {request.param} "$@"')
    return Act(f"{tmp_path}/bin:/usr/bin:/bin")


class Act:
    """One action through that kubectl."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, action: Action, arguments: Frozen = POD, seconds: int = 8) -> ActionResult:
        return told(["dash"], order(action, arguments, seconds=seconds), self.path)


def test_an_eviction_carries_the_uid(api: PlayedApi, act: Act) -> None:
    api.cluster.add(pod(by=APP))
    result = act(DELETE_POD)
    assert (result.outcome, result.facts.get("owner")) == ("changed", "ReplicaSet app-7d9c5b8f6d"), result.detail
    (method, path, body) = api.asked[0]
    assert (method, path.partition("?")[0], len(api.asked)) == ("POST", EVICTION_PATH, 1)
    assert json.loads(body)["deleteOptions"] == {"preconditions": {"uid": UID}}


def test_a_budget_a_successor_and_a_pod_that_stays_are_told_apart(api: PlayedApi, act: Act) -> None:
    api.cluster.add(pod(by=APP))
    name = "app-7d9c5b8f6d-x2x9k"
    api.cluster.budget = [name]
    kept = act(DELETE_POD)
    assert (kept.outcome, "disruption budget" in kept.detail) == ("refused", True), kept.detail
    api.cluster.budget, api.cluster.replaced = [], [name]
    other = act(DELETE_POD)
    assert (other.outcome, "not the pod that was seen" in other.detail) == ("refused", True), other.detail
    api.cluster.replaced, api.cluster.stays = [], [name]
    api.cluster.add(pod(by=APP))
    stays = act(DELETE_POD, seconds=4)
    assert (stays.outcome, "being deleted and is still there" in stays.detail) == ("failed", True), stays.detail


def test_who_is_left_alone_is_seen_through_the_real_jsonpath(api: PlayedApi, act: Act) -> None:
    for left, why in (
        (pod(), "no controller"),
        (pod(by=APP, labels={"tier": "control-plane"}), "by its labels"),
        (pod(by=APP, annotations={"kubernetes.io/config.mirror": "x"}), "mirror of a static pod"),
        (pod(by=owner("Node", NODE, "v1")), "a Node owns it"),
    ):
        api.cluster.add(left)
        result = act(DELETE_POD)
        assert (result.outcome, why in result.detail) == ("refused", True), result.detail
    api.cluster.add(mirror_pod())
    assert "static pod" in act(DELETE_POD, OfPod(uid=STATIC_HASH, node=NODE)).detail
    api.cluster.add(pod(by=APP), node(**{"node-role.kubernetes.io/control-plane": ""}))
    assert "carries the control plane" in act(DELETE_POD).detail
    assert api.asked == []


def test_a_node_is_cordoned_and_uncordoned(api: PlayedApi, act: Act) -> None:
    assert act(CORDON_NODE, NODE_SEEN).outcome == "changed"
    now = api.cluster.objects["nodes/worker-1"]
    assert now["spec"] == {"unschedulable": True}
    assert now["metadata"]["annotations"]["nornir-hygiene/cordoned-by"].startswith("test-")
    assert act(CORDON_NODE, NODE_SEEN).outcome == "unchanged"
    assert act(UNCORDON_NODE, OfNode(node=NODE)).outcome == "changed"
    now = api.cluster.objects["nodes/worker-1"]
    assert not now["spec"].get("unschedulable")
    assert not now["metadata"].get("annotations")


def test_a_drain_evicts_and_tells_whom_a_budget_keeps(api: PlayedApi, act: Act) -> None:
    closed = node()
    closed["spec"]["unschedulable"] = True
    api.cluster.add(
        closed, pod(by=APP), pod("db-0", OTHER_UID, owner("StatefulSet", "db")), controller("ReplicaSet", "x")
    )
    api.cluster.budget = ["db-0"]
    result = act(DRAIN_NODE, NODE_SEEN, seconds=6)
    assert (result.outcome, "a PodDisruptionBudget keeps shop/db-0" in result.detail) == ("failed", True), result.detail
    assert result.facts == {"evicted": "1"}
    api.cluster.budget = []
    result = act(DRAIN_NODE, NODE_SEEN, seconds=20)
    assert (result.outcome, result.facts) == ("changed", {"evicted": "1"}), result.detail
    assert {method for method, *_ in api.asked} == {"POST"}


def test_a_pod_without_a_controller_stops_the_drain_before_it_begins(api: PlayedApi, act: Act) -> None:
    closed = node()
    closed["spec"]["unschedulable"] = True
    api.cluster.add(closed, pod(by=APP), pod("alone", OTHER_UID))
    result = act(DRAIN_NODE, NODE_SEEN)
    assert (result.outcome, "shop/alone" in result.detail) == ("refused", True), result.detail
    assert api.asked == []


def test_a_rollout_is_restarted_and_awaited(api: PlayedApi, act: Act) -> None:
    app = controller("Deployment", "app")
    app["spec"] = {"replicas": 1, "selector": {"matchLabels": {"app": "app"}}, "template": {"metadata": {}, "spec": {}}}
    app["status"] = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
    by = owner("Deployment", "app")
    api.cluster.add(pod(by=APP), controller("ReplicaSet", str(APP["name"]), by), app)
    result = act(RESTART_ROLLOUT, seconds=12)
    assert (result.outcome, result.facts) == ("changed", {"rollout": "Deployment shop/app"}), result.detail
    (method, path, body) = api.asked[0]
    assert (method, path.partition("?")[0]) == ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/app")
    assert "kubectl.kubernetes.io/restartedAt" in body


def test_an_api_server_that_is_not_there_is_told(api: PlayedApi, act: Act, tmp_path: Path) -> None:
    text = (tmp_path / "config").read_text()
    (tmp_path / "config").write_text(text.replace(api.url, "http://127.0.0.1:9"))
    result = act(DELETE_POD)
    assert (result.outcome, "127.0.0.1:9 was refused" in result.detail) == ("failed", True), result.detail
