"""One plan at a time on a host: its lock lies on the host, says who holds it, and is nobody's once its time is up."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.lock import LOCK, UNLOCK, LockArguments
from nornir_hygiene.remediate.perform import Order
from nornir_hygiene.remediate.steps import Hand

_NAME = "host"
_TIMEOUT_S = 20
# Its script may be sent again without harm: it needs no receipt.
_REPEATABLE = "-"


class Locked(Exception):  # noqa: N818  # somebody else works there
    """Says who."""


@contextmanager
def locked(hosts: Iterable[str], holder: str, seconds: int, hand: Hand) -> Iterator[None]:
    """All of them or none, in the order of their names, so that two plans never wait for each other."""
    held: list[str] = []
    try:
        for host in sorted(hosts):
            result = _told(LOCK, host, holder, seconds, hand)
            if result.outcome != "changed":
                raise Locked(f"{host}: {result.detail}")
            held.append(host)
        yield
    finally:
        for host in reversed(held):
            _told(UNLOCK, host, holder, seconds, hand)


def _told(action: Action, host: str, holder: str, seconds: int, hand: Hand) -> ActionResult:
    arguments = LockArguments(name=_NAME, holder=holder, seconds=seconds)
    return hand.ground.perform(host, Order(action, arguments, _REPEATABLE, hand.who, _TIMEOUT_S)).result
