"""A played ground: hosts of a story instead of a fleet. Real hosts carry plans out in the lab tests."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from nornir.core.inventory import Hosts, Inventory

from nornir_hygiene.history.journal import Journal
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.journal import Event
from nornir_hygiene.models.plan import ActionResult, ApplyReport, Outcome, Plan
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.remediate import fresh, proof
from nornir_hygiene.remediate.apply import apply_plan
from nornir_hygiene.remediate.ground import Ground
from nornir_hygiene.remediate.language import Loaded
from nornir_hygiene.remediate.past import Past
from nornir_hygiene.remediate.perform import Order, Performed
from nornir_hygiene.remediate.steps import Hand
from tests.remediate.problems import audit

RUN_ID = "apply-1"


class PowerCut(BaseException):
    """Whoever applies the plan is gone, in the middle of a word."""


@dataclass(frozen=True)
class Done:
    """One thing that was really done to a host."""

    host: str
    action: str
    token: str


def _changed(_ground: "PlayedGround") -> Outcome:
    return "changed"


@dataclass
class PlayedGround(Ground):
    """What each host shows now, and what comes of each action: a result, or what it does to the story.

    Like a host it does a token once and then tells what came of it, until the lock of its run is given back.
    """

    shown: dict[str, HostReport]
    views: tuple[ClusterView, ...] = ()
    answers: dict[str, Callable[["PlayedGround"], Outcome]] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    sent: list[Done] = field(default_factory=list)
    locked_by: dict[str, str] = field(default_factory=dict)
    dead: bool = False

    def __post_init__(self) -> None:
        super().__init__(Inventory(hosts=Hosts()))
        self._receipts: dict[tuple[str, str], ActionResult] = {}

    def look(self, names: Iterable[str]) -> AuditReport:
        self._alive()
        return audit(*(self.shown[name] for name in sorted(names) if name in self.shown), views=self.views)

    def perform(self, host: str, order: Order) -> Performed:
        self._alive()
        if order.action.name in ("lock", "unlock"):
            return Performed(self._lock(host, order), {})
        if order.action.name in ("lock-cluster", "unlock-cluster"):
            return Performed(self._lock_cluster(order), {})
        self.sent.append(Done(host, order.action.name, order.token))
        if (host, order.token) not in self._receipts:
            self.done.append(self.sent[-1])
            outcome = self.answers.get(order.action.name, _changed)(self)
            self._receipts[host, order.token] = ActionResult(outcome=outcome, detail=f"{order.action.name}: {outcome}")
        return Performed(self._receipts[host, order.token], {})

    def _lock(self, host: str, order: Order) -> ActionResult:
        asked: Any = order.arguments
        holder = self.locked_by.get(host, asked.holder)
        if holder != asked.holder:
            return ActionResult(outcome="refused", detail=f"host is locked by {holder}")
        if order.action.name == "lock":
            self.locked_by[host] = asked.holder
        else:
            self.locked_by.pop(host, None)
            self._receipts = {
                key: told for key, told in self._receipts.items() if not key[1].startswith(f"{asked.holder}.")
            }
        return ActionResult(outcome="changed", detail="")

    def _lock_cluster(self, order: Order) -> ActionResult:
        """There is one cluster, wherever it is asked."""
        asked: Any = order.arguments
        holder = self.locked_by.get("the cluster", asked.holder)
        if holder != asked.holder:
            return ActionResult(outcome="refused", detail=f"the Ceph cluster is locked by {holder}")
        if order.action.name == "lock-cluster":
            self.locked_by["the cluster"] = asked.holder
        else:
            self.locked_by.pop("the cluster", None)
        return ActionResult(outcome="changed", detail="")

    def _alive(self) -> None:
        if self.dead:
            raise PowerCut

    def actions(self) -> list[str]:
        return [done.action for done in self.done]


class CutJournal(Journal):
    """Its ground and its writer are gone with append number `at`: before it is written, or just after."""

    at: int
    written_first: bool
    ground: PlayedGround

    def append(
        self, run_id: str, event: Event, *, target: str = "", host: str = "", token: str = "", **body: Any
    ) -> None:
        self.at -= 1
        if self.at > 0 or (self.at == 0 and self.written_first):
            super().append(run_id, event, target=target, host=host, token=token, **body)
        if self.at <= 0:
            self.ground.dead = True
            raise PowerCut


def carried_out(
    plan: Plan, loaded: Loaded, ground: PlayedGround, journal: Journal, run_id: str = RUN_ID
) -> ApplyReport:
    """A first run, or one taken up again: as the journal has it."""
    past = Past(journal.entries(run_id))
    return apply_plan(plan, loaded, Hand(run_id, "anna@here", ground, journal, past, lambda _: None))


class PlayedTime:
    """Sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def play_time(monkeypatch: pytest.MonkeyPatch) -> PlayedTime:
    """For the proof, which waits for minutes."""
    clock = PlayedTime()
    monkeypatch.setattr(proof, "time", clock)
    monkeypatch.setattr(fresh, "time", clock)
    return clock
