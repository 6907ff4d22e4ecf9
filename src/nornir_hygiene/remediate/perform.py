"""One action on one host, in one exec: its script, its arguments as the script's last line, and what it said."""

import secrets
import shlex
import time
from dataclasses import dataclass, replace

from nornir.core.inventory import Host

from nornir_hygiene.collect.scripts import script_of
from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.execute import exchange
from nornir_hygiene.fleet.selection import settings_for
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.parse.action_reply import evidence_in, parse_action_reply
from nornir_hygiene.remediate.actions.action import Action

_ROOM = "nornir_hygiene.remediate.actions"
# For connecting and the way back, beside the time the action itself may take.
_WAY_S = 15.0
# Of an action that is waited for: the order itself, and each question after it.
_ORDER_S, _QUESTION_S, _EVERY_S = 45, 30, 2.0
# An order that may be repeated needs no receipt on the host.
_REPEATABLE = "-"
# Before these a host has not been told anything yet.
_NOTHING_DONE = ("queue", "lookup", "connect", "handshake", "login")


@dataclass(frozen=True)
class Order:
    """What is to be done. `token`: done once per token and host; `who` stands in the host's own log."""

    action: Action
    arguments: Frozen
    token: str
    who: str
    timeout_s: int


@dataclass(frozen=True)
class Performed:
    """What came of it, and the texts it collected by name."""

    result: ActionResult
    evidence: dict[str, str]


def perform(host: Host, order: Order) -> Performed:
    """Never raises: a host that cannot be reached did nothing (`failed`), one that went silent may have (`unknown`).

    After an action with patience the host is asked until it knows, and not being reached for a while is no answer.
    """
    patience = order.action.patience
    if patience is None:
        return _once(host, order)
    end = time.monotonic() + order.timeout_s
    first = _once(host, replace(order, timeout_s=min(order.timeout_s, _ORDER_S)))
    # A run that is taken up again may find a host that is away because it has been given the order before.
    if first.result.outcome not in ("unknown", "failed"):
        return first
    question = replace(order, action=patience.asks, token=_REPEATABLE, timeout_s=_QUESTION_S)
    return replace(first, result=patience.together(first.result, _asked_until(host, question, end)))


def _asked_until(host: Host, question: Order, end: float) -> ActionResult:
    """What it says as soon as it knows; whoever cannot be reached for a while has not failed."""
    while True:
        time.sleep(_EVERY_S)
        said = _once(host, question).result
        if said.outcome not in ("unknown", "failed"):
            return said
        if time.monotonic() >= end:
            return said.model_copy(update={"outcome": "unknown"})


def _once(host: Host, order: Order) -> Performed:
    deadline = Deadline(order.timeout_s + _WAY_S)
    nonce = secrets.token_hex(16)
    answer = observed_or_why(lambda: _told(host, settings_for(host), order, nonce, deadline), deadline)
    if isinstance(answer, NotObserved):
        outcome = "failed" if answer.phase in _NOTHING_DONE else "unknown"
        return Performed(ActionResult(outcome=outcome, detail=f"{answer.reason}: {answer.detail}"), {})
    return Performed(parse_action_reply(answer, nonce), evidence_in(answer, nonce))


def _told(host: Host, settings: HostSettings, order: Order, nonce: str, deadline: Deadline) -> Answer:
    return exchange(host, settings, request_for(order, nonce, sudo=settings.sudo), deadline)


def request_for(order: Order, nonce: str, *, sudo: bool) -> ProbeRequest:
    """The arguments stand in the script's last line, each quoted whole: no login shell ever sees them."""
    action = order.action
    script = script_of(("once", *action.parts), _ROOM)
    words = (nonce, order.token, str(order.timeout_s), order.who, action.function, *action.words(order.arguments))
    # In braces: of a connection that breaks off, a shorter pid must not be left over as the last word.
    line = " ".join(("{ nr_act", *map(shlex.quote, words), "</dev/null\n}\n"))
    command = f"exec {'sudo -n ' if sudo else ''}/bin/sh -s"
    return ProbeRequest(command=command, script=script + line.encode("utf-8", "surrogateescape"), nonce=nonce)
