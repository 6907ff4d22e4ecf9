"""One plan at a time on a host, and on a Ceph cluster. A lock says who holds it, and is nobody's once its time is up.

A host's lock lies on the host. A cluster's lies in the cluster: two controllers may ask it on different hosts, or call
the same host by different names.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from nornir_hygiene.models.plan import ActionResult, Target
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.lock import (
    LOCK,
    LOCK_CLUSTER,
    UNLOCK,
    UNLOCK_CLUSTER,
    ClusterLockArguments,
    LockArguments,
)
from nornir_hygiene.remediate.perform import Order
from nornir_hygiene.remediate.steps import Hand

_NAME = "host"
_TIMEOUT_S = 20
# Some questions to the monitors, each of them maybe in a container of its own.
_CLUSTER_TIMEOUT_S = 90
# Its script may be sent again without harm: it needs no receipt.
_REPEATABLE = "-"


class Locked(Exception):  # noqa: N818  # somebody else works there
    """Says who."""


@contextmanager
def locked(target: Target, holder: str, seconds: int, hand: Hand) -> Iterator[None]:
    """All of them or none. Nobody waits for a lock, so that two plans never wait for each other."""
    held: list[tuple[Action, str]] = []
    try:
        for take, give, host in _needed(target):
            result = _told(take, host, holder, seconds, hand)
            if result.outcome in ("changed", "unknown"):  # a host that went silent may have taken it
                held.append((give, host))
            if result.outcome != "changed":
                raise Locked(f"{host}: {result.detail}")
        yield
    finally:
        for give, host in reversed(held):
            _told(give, host, holder, seconds, hand)


def give_back(target: Target, holder: str, hand: Hand) -> None:
    """Of a target that came to its end in an earlier life of the run, which may have died before it did this."""
    for _, give_back_one, host in _needed(target):
        _told(give_back_one, host, holder, 1, hand)


def _needed(target: Target) -> Iterator[tuple[Action, Action, str]]:
    """Every host that something is done on; then the cluster, on the first of the hosts where it is asked."""
    steps = [step for rung in target.rungs for step in rung.steps]
    for host in sorted({step.host for step in steps} | {target.host}):
        yield LOCK, UNLOCK, host
    for host in sorted({step.host for step in steps if ACTIONS[step.action].asks_cluster})[:1]:
        yield LOCK_CLUSTER, UNLOCK_CLUSTER, host


def _told(action: Action, host: str, holder: str, seconds: int, hand: Hand) -> ActionResult:
    if action.asks_cluster:
        of_cluster = ClusterLockArguments(holder=holder, seconds=seconds)
        order = Order(action, of_cluster, _REPEATABLE, hand.who, _CLUSTER_TIMEOUT_S)
    else:
        of_host = LockArguments(name=_NAME, holder=holder, seconds=seconds)
        order = Order(action, of_host, _REPEATABLE, hand.who, _TIMEOUT_S)
    return hand.ground.perform(host, order).result
