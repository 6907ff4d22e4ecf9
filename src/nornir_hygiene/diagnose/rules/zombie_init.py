"""Zombies under PID 1 of a container: orphans it adopted and never waits for. Judged by what it fails to reap."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.namespaces import is_namespace_init
from nornir_hygiene.diagnose.rules.container_samples import INIT_MATCHES, INIT_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.zombie_parent import ZombieGroup, groups
from nornir_hygiene.diagnose.rules.zombie_words import nudge, parent_state, sigchld
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, shown
from nornir_hygiene.models.finding import Cause, Evidence

RESTORES = (
    "Recycle the pod through its controller: the zombies go with it. Lasting: an init that reaps (docker --init, "
    "tini), shareProcessNamespace in the pod, or a program that waits for every child, its own or not. "
    "Never kill the init by hand: the whole container dies with it."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per init; the zombies are explained by it."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    for group in groups(scene):
        parent = group.parent
        if parent is None or not is_namespace_init(parent.suspect) or parent.process.exiting:
            continue
        severity = group.severity(scene.thresholds)
        if severity and not parent.stopped and not group.parent_blocked(scene.thresholds):
            keys = frozenset(zombie.key for zombie in group.zombies)
            finding = scene.finding("zombie-init-not-reaping", severity, _told(scene, group, parent))
            yield Conclusion(finding, keys)


def _adopted(group: ZombieGroup, parent: Task) -> int:
    """Surely not its own children: a fork never changes the session, and they are in another one without leading it."""
    sessions = (parent.process.session, None, 0)
    return sum(
        zombie.process.session not in sessions and zombie.process.session != zombie.process.pid
        for zombie in group.zombies
    )


def _told(scene: Scene, group: ZombieGroup, parent: Task) -> Told:
    dead = f"the longest dead for {group.age}" if group.age.known else "nobody knows since when"
    name = f"{parent.process.comm} (pid {parent.process.pid})"
    adopted = _adopted(group, parent)
    return Told(
        subject=scene.process_subject(parent.process.pid),
        summary=f"{counted(len(group.zombies), 'zombie')} ({comms(group.zombies)}), {dead}: {name} is PID 1 of "
        f"{parent.where or 'a pid namespace'} and does not reap.",
        evidence=Evidence(
            tasks=shown([*group.zombies, parent], {parent.key: "init of the namespace"}),
            task_count=len(group.zombies) + 1,
            facts=facts(
                ("zombies", len(group.zombies)),
                ("surely adopted, not its own children", adopted),
                ("the init", parent_state(parent)),
                ("SIGCHLD in the init", sigchld(parent.suspect)),
                ("a SIGCHLD to the init", nudge(parent)),
            ),
        ),
        cause=Cause(
            name=f"init {name}",
            established=parent.identity is not None,
            because="every orphan of its namespace is adopted by it, and it does not wait for them"
            + ("" if adopted else "; whether these are orphans or its own children cannot be seen"),
        ),
        restores=RESTORES,
        container=parent.where,
    )


ZOMBIE_INIT_NOT_REAPING = Rule("zombie-init-not-reaping", conclude, INIT_MATCHES, INIT_SPARES)
