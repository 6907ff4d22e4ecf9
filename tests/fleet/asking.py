"""Asking hosts in tests, as the audit does."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from nornir.core.inventory import Host, Hosts, Inventory

from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.execute import exchange
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.settings import HostSettings
from tests.fleet.loopback import Sshd

NONCE = "0123456789abcdef"


def request(script: bytes | str, command: str = "sh -s") -> ProbeRequest:
    text = script.encode() if isinstance(script, str) else script
    return ProbeRequest(command=command, script=text, nonce=NONCE)


def ask(host: Host, settings: HostSettings, asked: ProbeRequest, timeout_s: float = 20.0) -> Answer | NotObserved:
    deadline = Deadline(timeout_s)
    return observed_or_why(lambda: exchange(host, settings, asked, deadline), deadline)


def answer_of(sshd: Sshd, asked: ProbeRequest, timeout_s: float = 20.0, **settings: object) -> Answer:
    came = ask(sshd.host(), sshd.settings(**settings), asked, timeout_s)
    assert isinstance(came, Answer), came
    return came


def refusal_of(host: Host, settings: HostSettings, timeout_s: float = 10.0) -> NotObserved:
    came = ask(host, settings, request("echo hello"), timeout_s)
    assert isinstance(came, NotObserved), came
    return came


def inventory_of(hosts: Iterable[Host]) -> Inventory:
    return Inventory(Hosts({host.name: host for host in hosts}))


def own_sockets() -> set[str]:
    """The sockets this process holds, by inode."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def settles(condition: Callable[[], bool], within_s: float = 3.0) -> bool:
    """Whether `condition()` becomes true; threads that were woken need a moment to end."""
    give_up = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
