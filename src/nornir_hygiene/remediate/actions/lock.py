"""Locks of running plans, on hosts and in Ceph clusters. Not for runbooks: every plan takes them by itself."""

from typing import Annotated

from pydantic import Field, StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,127}$")]


class LockArguments(Frozen):
    """`name` of the thing, `holder` of the lock, `seconds` after which it is nobody's if it is not renewed."""

    name: _Word
    holder: _Word
    seconds: Annotated[int, Field(ge=1)] = 600


class ClusterLockArguments(Frozen):
    """`holder` and `seconds` likewise; the cluster is the one the host reaches."""

    holder: _Word
    seconds: Annotated[int, Field(ge=1)] = 600


LOCK = Action(
    name="lock",
    risk=Risk.SAFE,
    about="Takes or renews a lock; refused with the holder's name.",
    arguments=LockArguments,
    parts=("lock",),
    words=lambda told: (told.name, told.holder, str(told.seconds)),
    says=lambda told: f"lock {told.name} for {told.seconds} s",
)
UNLOCK = Action(
    name="unlock",
    risk=Risk.SAFE,
    about="Gives a lock back, if it is one's own.",
    arguments=LockArguments,
    parts=("lock",),
    words=lambda told: (told.name, told.holder),
    says=lambda told: f"unlock {told.name}",
)
LOCK_CLUSTER = Action(
    name="lock-cluster",
    risk=Risk.SAFE,
    about="Takes or renews the lock of a Ceph cluster, which lies among its monitors' keys; refused with the holder's "
    "name.",
    arguments=ClusterLockArguments,
    parts=("osd", "cluster_lock"),
    words=lambda told: (told.holder, str(told.seconds)),
    says=lambda told: f"lock the Ceph cluster for {told.seconds} s",
    asks_cluster=True,
)
UNLOCK_CLUSTER = Action(
    name="unlock-cluster",
    risk=Risk.SAFE,
    about="Gives one's own lock of a Ceph cluster back.",
    arguments=ClusterLockArguments,
    parts=("osd", "cluster_lock"),
    words=lambda told: (told.holder,),
    says=lambda _: "unlock the Ceph cluster",
    asks_cluster=True,
)
