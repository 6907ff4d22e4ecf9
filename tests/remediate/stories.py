"""Stories for a played ground: what the hosts show, and what each action does to them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from nornir_hygiene.models.plan import Outcome, Plan
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.remediate.language import Loaded
from tests.diagnose.clusters import recorded
from tests.remediate.played import PlayedGround
from tests.remediate.problems import (
    HANGS_ON_RBD,
    ZOMBIES_OF_A_CATCHER,
    audit,
    loaded,
    planned,
    seen,
)

Act = Callable[[PlayedGround], Outcome]
NO_ACTS: dict[str, Act] = {}


@dataclass
class Story:
    """A runbook, the ground as it is now, and the plan made of it."""

    loaded: Loaded
    ground: PlayedGround
    plan: Plan


_views = cache(recorded)


def heals(*hosts: str) -> Act:
    """The hosts show nothing any more."""

    def act(ground: PlayedGround) -> Outcome:
        ground.shown |= {host: seen(host) for host in hosts}
        return "changed"

    return act


def says(outcome: Outcome) -> Act:
    return lambda _ground: outcome


def zombies(answers: dict[str, Act] = NO_ACTS, hosts: tuple[str, ...] = ("host-1",)) -> Story:
    """Four rungs: remind the parent, restart it, ask it to end, end it."""
    shown = {host: seen(host, ZOMBIES_OF_A_CATCHER) for host in hosts}
    plan = planned("reap-zombies", audit(*shown.values()))
    return Story(loaded("reap-zombies"), PlayedGround(shown, answers=dict(answers)), plan)


def osd(answers: dict[str, Act] = NO_ACTS, state: str = "stuck") -> Story:
    """Two workers hang on one OSD; restarting it heals both, unless `answers` says otherwise."""
    shown = {host: seen(host, HANGS_ON_RBD) for host in ("worker-1", "worker-2")}
    views = _views(state)
    plan = planned("restart-ceph-osd", audit(*shown.values(), views=views))
    heal = heals("worker-1", "worker-2")
    every = {"restart-osd": heal, "continue-osd": heal, "check-osd": says("unchanged"), **answers}
    shown |= {host: seen(host) for host in ("ceph-1", "ceph-2", "ceph-3")}
    return Story(loaded("restart-ceph-osd"), PlayedGround(shown, views=views, answers=every), plan)


def now(story: Story) -> AuditReport:
    return story.ground.look(story.ground.shown)
