"""Pods and nodes of Kubernetes, through its API: nothing is forced, and only what was seen is acted on."""

from typing import Annotated

from pydantic import StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action

# What a Kubernetes object may be called; of a pod also the 32 digits of a static one.
_Called = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
_NotTold = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$")]
_Uid = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$")]
_BootId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class OfPodTasks(Frozen):
    """The pod whose tasks are looked at on its node."""

    uid: _Uid


class OfPod(Frozen):
    """The pod by its UID, among those of its node. Namespace and name are compared as well where they are given."""

    uid: _Uid
    node: _Called
    namespace: _NotTold = ""
    name: _NotTold = ""


class OfNode(Frozen):
    """What Kubernetes calls it."""

    node: _Called


class OfBootedNode(OfNode):
    """`boot`: the id of the boot that was seen; a node that says another one is not that host."""

    boot: _BootId


def _pod_words(told: OfPod) -> tuple[str, ...]:
    return (told.uid, told.node, told.namespace, told.name)


CHECK_POD = Action(
    name="check-pod",
    risk=Risk.SAFE,
    about="Looks at every task of a pod on its own node; refuses the rung while one is in D. Such a task outlives its "
    "pod and holds the volume, which the next pod would mount a second time.",
    arguments=OfPodTasks,
    parts=("pod",),
    words=lambda told: (told.uid,),
    says=lambda told: f"look whether a task of the pod {told.uid} is in D; go no further if so",
    at="target",
)
DELETE_POD = Action(
    name="delete-pod",
    risk=Risk.DISRUPTIVE,
    about="Deletes a pod by the eviction API, so that its controller makes another one: with the pod's own grace "
    "period, never against a PodDisruptionBudget, and only the pod with that UID. Refused for pods without a "
    "controller that surely makes another one, static pods, and members of the control plane or of the storage.",
    arguments=OfPod,
    parts=("kubernetes",),
    words=_pod_words,
    says=lambda told: f"evict the pod {told.uid} from {told.node}, so that its controller makes another one",
    at="kubernetes",
)
RESTART_ROLLOUT = Action(
    name="restart-rollout",
    risk=Risk.DISRUPTIVE,
    about="Restarts the Deployment, StatefulSet or DaemonSet a pod belongs to, in the way it rolls out (`kubectl "
    "rollout restart`), and waits until it has. Refused where delete-pod is.",
    arguments=OfPod,
    parts=("kubernetes",),
    words=_pod_words,
    says=lambda told: f"roll out anew what the pod {told.uid} on {told.node} belongs to",
    at="kubernetes",
)
CORDON_NODE = Action(
    name="cordon-node",
    risk=Risk.SAFE,
    about="Lets no new pod come to a node, and marks it as ours. It stays so after the rung and after a failure, too: "
    "a node with a hang in it is no place for new pods. Refused for nodes of the control plane.",
    arguments=OfBootedNode,
    parts=("kubernetes",),
    words=lambda told: (told.node, told.boot),
    says=lambda told: f"cordon the node {told.node}, until somebody uncordons it",
    at="kubernetes",
)
UNCORDON_NODE = Action(
    name="uncordon-node",
    risk=Risk.SAFE,
    about="Takes back what cordon-node has done, never a cordon of somebody else.",
    arguments=OfNode,
    parts=("kubernetes",),
    words=lambda told: (told.node,),
    says=lambda told: f"uncordon the node {told.node}, if nr has cordoned it",
    at="kubernetes",
)
DRAIN_NODE = Action(
    name="drain-node",
    risk=Risk.DISRUPTIVE,
    about="Evicts the pods of a cordoned node (`kubectl drain --ignore-daemonsets`), each with its own grace period; "
    "what a PodDisruptionBudget keeps stays and is told. Refused as a whole where a pod has no controller, or local "
    "data.",
    arguments=OfBootedNode,
    parts=("kubernetes",),
    words=lambda told: (told.node, told.boot),
    says=lambda told: f"drain the node {told.node}: evict its pods, none by force",
    at="kubernetes",
)
