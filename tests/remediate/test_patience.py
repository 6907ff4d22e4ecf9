"""An order after which the host is away: it is asked again until it knows, and not being reached is no answer."""

from collections.abc import Callable

import pytest
from nornir.core.inventory import Host

from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate import perform as performing
from nornir_hygiene.remediate.actions.reboot import CHECK_REBOOT, REBOOT_HOST, OfBoot, OfBootAndClients
from nornir_hygiene.remediate.perform import Order, perform
from tests.remediate.played import PlayedTime

BOOT = "3f2b8c1a-9d4e-4b7a-8c6d-1e2f3a4b5c6d"
AWAY = "away"


class PlayedHost:
    """What it says to one request after the other, as its scripts would; the last one stays."""

    def __init__(self, *says: str) -> None:
        self.says = list(says)
        self.asked: list[str] = []

    def exchange(self, _host: object, _settings: object, request: ProbeRequest, _deadline: object) -> Answer:
        words = request.script.decode().splitlines()[-2].split()
        self.asked.append(f"{words[6]} {words[3]}")  # { nr_act NONCE TOKEN SECONDS WHO ACTION …
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if said == AWAY:
            raise NotReached(reasons.named("connection-refused", "connect", "nobody there"))
        told = f"@{request.nonce} begin\n outcome {said}\n detail it says {said}\n@{request.nonce} end complete=yes\n"
        return Answer(stdout=told.encode())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> PlayedTime:
    played = PlayedTime()
    monkeypatch.setattr(performing, "time", played)
    return played


@pytest.fixture
def booted(monkeypatch: pytest.MonkeyPatch, clock: PlayedTime) -> Callable[[PlayedHost], ActionResult]:
    def ordered(host: PlayedHost) -> ActionResult:
        monkeypatch.setattr(performing, "exchange", host.exchange)
        return perform(Host(name="h"), Order(REBOOT_HOST, OfBoot(boot=BOOT), "r.1", "anna", 60)).result

    return ordered


@pytest.mark.parametrize("first", ["unknown", "unknown\nbroken off"])
def test_it_is_asked_until_it_is_back(first: str, booted: Callable[[PlayedHost], ActionResult]) -> None:
    host = PlayedHost(first, "unknown", AWAY, AWAY, "unknown", "changed")
    assert booted(host).outcome == "changed"
    assert host.asked == ["reboot_host r.1", *["await_boot -"] * 5]


def test_what_is_refused_is_not_waited_for(booted: Callable[[PlayedHost], ActionResult]) -> None:
    host = PlayedHost("refused")
    assert (booted(host).outcome, len(host.asked)) == ("refused", 1)


@pytest.mark.parametrize(("then", "outcome"), [("changed", "changed"), ("unknown", "unknown"), (AWAY, "unknown")])
def test_a_host_that_is_away_at_once_may_have_been_ordered_before(
    then: str, outcome: str, booted: Callable[[PlayedHost], ActionResult]
) -> None:
    """It is asked what became of it, and not given the order once more when it is back: the evidence is old then."""
    host = PlayedHost(AWAY, AWAY, then)
    assert booted(host).outcome == outcome
    assert [asked for asked in host.asked if "reboot_host" in asked] == ["reboot_host r.1"]


@pytest.mark.parametrize("then", [AWAY, "unknown"])
def test_after_its_time_nobody_knows(
    then: str, booted: Callable[[PlayedHost], ActionResult], clock: PlayedTime
) -> None:
    begun = clock.now
    assert booted(PlayedHost("unknown", then)).outcome == "unknown"
    assert clock.now - begun == 60


def test_other_actions_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    host = PlayedHost("unknown")
    monkeypatch.setattr(performing, "exchange", host.exchange)
    what = Order(CHECK_REBOOT, OfBootAndClients(boot=BOOT, clients="none"), "r.1", "anna", 60)
    assert (perform(Host(name="h"), what).result.outcome, len(host.asked)) == ("unknown", 1)
