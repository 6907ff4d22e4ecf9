"""kubernetes.sh where kubectl is missing, hangs or complains, and where names are hostile."""

import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.models.frozen import Frozen
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
    OfPodTasks,
)
from tests.remediate.actions.admin_host import APP, NODE_SEEN, POD, Admin
from tests.remediate.actions.played_cluster import (
    BOOT,
    NODE,
    UID,
    node,
    pod,
)
from tests.remediate.actions.shells import SHELLS, fake, order, told


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


EVERY = [
    (DELETE_POD, POD), (RESTART_ROLLOUT, POD), (CORDON_NODE, NODE_SEEN), (UNCORDON_NODE, OfNode(node=NODE)),
    (DRAIN_NODE, NODE_SEEN),
]  # fmt: skip


@pytest.mark.parametrize(("action", "arguments"), EVERY, ids=[action.name for action, _ in EVERY])
def test_without_kubectl_the_setting_is_named(admin: Admin, action: Action, arguments: Frozen) -> None:
    result = told(["dash"], order(action, arguments), no_kubectl(admin.folder))
    assert (result.outcome, "kubernetes_admin in the inventory names the host" in result.detail) == ("refused", True)


def no_kubectl(folder: Path) -> str:
    """All programs of the system but that one."""
    bare = folder / "bare"
    bare.mkdir()
    for program in Path("/usr/bin").iterdir():
        if not program.name.startswith("kubectl"):
            (bare / program.name).symlink_to(program)
    return str(bare)


@pytest.mark.parametrize(("action", "arguments"), EVERY, ids=[action.name for action, _ in EVERY])
def test_an_api_server_that_says_no_is_quoted(admin: Admin, action: Action, arguments: Frozen) -> None:
    admin.played.ill = (
        "The connection to the server 192.0.2.1:6443 was refused - did you specify the right host or port?"
    )
    admin.played.save()
    result = admin.told(action, arguments)
    assert (result.outcome, "192.0.2.1:6443 was refused" in result.detail) == ("failed", True)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_kubectl_that_hangs_is_ended(admin: Admin, shell: list[str]) -> None:
    """With a helper of its own that holds its output open, as a login plugin does."""
    fake(admin.folder / "bin", "kubectl", "sleep 97 & sleep 97")
    begun = time.monotonic()
    result = admin.told(CORDON_NODE, NODE_SEEN, shell)
    assert (result.outcome, "no answer within 3 s" in result.detail) == ("failed", True)
    assert time.monotonic() - begun < 12


HOSTILE = (
    "$(touch {})", "`touch {}`", "'; touch {}; '", '"; touch {}; "', "\ntouch {}\n", "--kubeconfig={}", "-o=x", "../x",
    "x y", "x\ny", "x'", "x,metadata.namespace=kube-system", "x/y", "", ".", "-", "\\", "x\x01", "é", "X",
)  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_hostile_name_never_comes_to_kubectl(admin: Admin, shell: list[str]) -> None:
    """What no runbook can hand over is refused on the host, too."""
    canary = admin.folder / "canary"
    for shape in HOSTILE:
        name = shape.format(canary)
        for action, arguments in (
            (DELETE_POD, OfPod.model_construct(uid=name, node=NODE, namespace="", name="")),
            (RESTART_ROLLOUT, OfPod.model_construct(uid=UID, node=name, namespace="", name="")),
            (CORDON_NODE, OfBootedNode.model_construct(node=name, boot=BOOT)),
            (UNCORDON_NODE, OfNode.model_construct(node=name)),
            (DRAIN_NODE, OfBootedNode.model_construct(node=name, boot=BOOT)),
        ):
            assert admin.told(action, arguments, shell).outcome == "refused", name
    assert admin.asked() == []
    assert not canary.exists()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_hostile_names_to_compare_with_are_words_and_no_more(admin: Admin, shell: list[str]) -> None:
    admin.played.add(pod(by=APP))
    canary = admin.folder / "canary"
    for shape in filter(None, HOSTILE):
        name = shape.format(canary)
        named = OfPod.model_construct(uid=UID, node=NODE, namespace="shop", name=name)
        assert admin.told(DELETE_POD, named, shell).outcome == "refused", name
        booted = OfBootedNode.model_construct(node=NODE, boot=name)
        assert admin.told(CORDON_NODE, booted, shell).outcome == "refused", name
    assert admin.changed() == []
    assert not canary.exists()


@pytest.mark.parametrize("name", [*HOSTILE, "a\x00b", "worker-1\n", "x" * 254])
def test_no_runbook_can_hand_over_a_hostile_name(name: str) -> None:
    for model, told_ in ((OfNode, {"node": name}), (OfPod, {"uid": UID, "node": name}), (OfPodTasks, {"uid": name})):
        with pytest.raises(ValidationError):
            model.model_validate(told_)


def test_names_a_hostile_api_server_gives_are_handed_to_nobody(admin: Admin) -> None:
    """Its answer is another program's word, too."""
    for name in ("x;y", "--all", "$(touch x)", "x/../../y"):
        admin.played.objects = {}
        admin.played.add(node(), pod(name, by=APP))
        assert (admin.told(DELETE_POD).outcome, admin.changed()) == ("refused", [])
