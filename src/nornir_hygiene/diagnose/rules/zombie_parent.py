"""Zombies nobody reaps, by parent: one that does not wait, and one that cannot because it is blocked itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nornir_hygiene.diagnose.ages import Age, blocked_severity, oldest, worst
from nornir_hygiene.diagnose.devices import Device
from nornir_hygiene.diagnose.rules.blocked_task import cause_of_wait
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.zombie_samples import (
    BLOCKED_MATCHES,
    BLOCKED_SPARES,
    NOT_WAITING_MATCHES,
    NOT_WAITING_SPARES,
)
from nornir_hygiene.diagnose.rules.zombie_thread import device_of_waiter
from nornir_hygiene.diagnose.rules.zombie_words import (
    BLOCKED_RESTORES,
    INIT_RESTORES,
    NOT_WAITING_RESTORES,
    STOPPED_RESTORES,
    nudge,
    parent_state,
    sigchld,
)
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity
from nornir_hygiene.models.settings import Thresholds


@dataclass(frozen=True)
class ZombieGroup:
    """All reapable zombies of one parent; `parent` is None where it is not in the table (ppid 0, hidden, gone)."""

    ppid: int
    parent: Task | None
    zombies: tuple[Task, ...]

    @cached_property
    def age(self) -> Age:
        """Of the zombie that has been dead longest."""
        return oldest(zombie.age for zombie in self.zombies)

    def severity(self, limits: Thresholds) -> Severity | None:
        """By count and by time since death (a zombie's start time is not its death time).

        Young ones are normal, whoever reaps may be slow; but nobody is slow by hundreds. One or two under a parent that
        handles SIGCHLD are a lost signal (seen with tmux, which then sleeps on): no harm as long as they do not grow.
        """
        count = len(self.zombies)
        if count < limits.zombie_min_count:
            return None
        crowd = count >= limits.zombie_critical_count
        if not self.age.known and count < limits.zombie_few_count:
            return None  # seen once, and no more of them than anybody has who reaps
        if not self.age.reaches(limits.zombie_warning_s):
            unsure = None if self.age.exact and self.age.known else Severity.INFO
            return Severity.WARNING if crowd else unsure
        lost_signal = count < limits.zombie_few_count and self._handles_sigchld(limits)
        old = Severity.INFO if lost_signal else Severity.WARNING
        return Severity.CRITICAL if crowd else old

    def _handles_sigchld(self, limits: Thresholds) -> bool:
        """The parent has a handler, does not block it and could run: the next death makes it look again."""
        parent = self.parent
        if parent is None or parent.look.state not in ("S", "R") or self.parent_blocked(limits):
            return False
        return sigchld(parent.suspect) == "caught"

    def parent_blocked(self, limits: Thresholds) -> bool:
        """In D (or frozen) for long, for as long as the children are dead, or nobody knows for how long."""
        if self.parent is None:
            return False
        if self.parent.wait.waits_for == "freezer":
            return True
        since = self.parent.age.seconds
        dead = self.age.seconds
        lasting = since is None or since >= limits.blocked_warning_s or (dead is not None and since + 1.0 >= dead)
        return self.parent.blocked and lasting


def groups(scene: Scene) -> tuple[ZombieGroup, ...]:
    """Zombies by parent. One with further threads is not reapable yet and belongs to `zombie-thread-blocked`."""
    found: dict[int, list[Task]] = {}
    for pid, process in scene.processes.items():
        leader = scene.leader(pid)
        if leader and leader.look.state == "Z" and len(scene.tasks[pid]) == 1 and (process.threads or 1) == 1:
            found.setdefault(process.ppid, []).append(leader)
    return tuple(ZombieGroup(ppid, scene.leader(ppid), tuple(zombies)) for ppid, zombies in sorted(found.items()))


def conclude_not_waiting(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """Parents that could wait and do not. Zombies of a container's init are explained already."""
    return tuple(_not_waiting(scene, explained))


def conclude_blocked(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """Parents that would wait if they were not blocked."""
    return tuple(_blocked(scene))


def _not_waiting(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    for group in groups(scene):
        severity = group.severity(scene.thresholds)
        known = any(zombie.key in explained for zombie in group.zombies)
        if severity and not known and not group.parent_blocked(scene.thresholds):
            told = _told(scene, group, _not_waiting_cause(group), _restores(group))
            stopped = {group.parent.key} if group.parent and group.parent.stopped else set()
            yield Conclusion(scene.finding("zombie-parent-not-waiting", severity, told), frozenset(stopped))


def _blocked(scene: Scene) -> Iterator[Conclusion]:
    blocked = [group for group in groups(scene) if group.parent_blocked(scene.thresholds)]
    devices = device_of_waiter(scene) if blocked else {}
    for group in blocked:
        parent = group.parent
        if parent is None:
            continue
        by_parent = blocked_severity(parent.age, scene.thresholds) if parent.blocked else Severity.INFO
        severity = worst(group.severity(scene.thresholds), by_parent)
        if severity and len(group.zombies) >= scene.thresholds.zombie_min_count:
            told = _told(scene, group, _blocked_cause(scene, parent, devices.get(parent.key)), BLOCKED_RESTORES)
            explains = frozenset({parent.key} if parent.blocked else ())
            yield Conclusion(scene.finding("zombie-parent-blocked", severity, told), explains)


def _told(scene: Scene, group: ZombieGroup, cause: Cause, restores: str) -> Told:
    parent = (group.parent,) if group.parent else ()
    return Told(
        subject=scene.process_subject(group.ppid),
        summary=_summary(scene, group),
        evidence=Evidence(
            tasks=shown([*group.zombies, *parent], {task.key: "parent" for task in parent}),
            task_count=len(group.zombies) + len(parent),
            facts=_facts(scene, group),
        ),
        cause=cause,
        restores=restores,
        container=group.parent.where if group.parent else "",
    )


def _summary(scene: Scene, group: ZombieGroup) -> str:
    dead = f"the longest dead for {group.age}" if group.age.known else "nobody knows since when"
    who = _parent_name(group)
    noun = counted(len(group.zombies), "zombie")
    return f"{noun} ({comms(group.zombies)}), {dead}: the parent {who} {_does(scene, group)}."


def _does(scene: Scene, group: ZombieGroup) -> str:
    parent = group.parent
    if parent and group.parent_blocked(scene.thresholds):
        return f"is blocked ({parent.wait.name}) and cannot reap"
    return "is stopped and cannot reap" if parent and parent.stopped else "does not reap"


def _parent_name(group: ZombieGroup) -> str:
    if group.parent is None:
        return f"with pid {group.ppid} (not visible here)"
    init = "init, " if group.ppid == 1 else ""
    return f"{init}{group.parent.process.comm} (pid {group.ppid})"


def _facts(scene: Scene, group: ZombieGroup) -> tuple[Fact, ...]:
    limits, suspect = scene.thresholds, group.parent.suspect if group.parent else None
    old = sum(zombie.age.reaches(limits.zombie_warning_s) for zombie in group.zombies)
    tracers = {zombie.suspect.tracer_pid for zombie in group.zombies if zombie.suspect and zombie.suspect.tracer_pid}
    return facts(
        ("zombies", len(group.zombies)),
        (f"dead for {limits.zombie_warning_s:g} s or more", old),
        ("of unknown age", sum(not zombie.age.known for zombie in group.zombies) or None),
        ("parent", parent_state(group.parent)),
        ("SIGCHLD in the parent", sigchld(suspect)),
        ("a SIGCHLD to the parent", nudge(group.parent)),
        ("threads of the parent in D", _blocked_threads(scene, group) or None),
        ("parent in its pid namespace", "PID 1" if suspect and suspect.nspid[1:] and suspect.nspid[-1] == 1 else None),
        ("traced by", ", ".join(str(tracer) for tracer in sorted(tracers))),
        ("note", "init cannot reap them while this parent lives" if group.ppid > 1 else None),
    )


def _blocked_threads(scene: Scene, group: ZombieGroup) -> int:
    return sum(task.blocked and not task.is_leader for task in scene.tasks.get(group.ppid, ()))


def _not_waiting_cause(group: ZombieGroup) -> Cause:
    parent = group.parent
    if parent is None:
        return Cause(
            name=f"parent with pid {group.ppid}",
            established=False,
            because="it is the parent of the zombies and does not wait for them",
            missing="the parent is not visible here (outside this pid namespace, hidden, or gone since)",
        )
    because = f"it is in state {parent.look.state} and does not wait for its dead children"
    if parent.stopped:
        because = "it is stopped, so it cannot wait for its dead children"
    return Cause(name=f"parent {_parent_name(group)}", established=parent.identity is not None, because=because)


def _blocked_cause(scene: Scene, parent: Task, device: Device | None) -> Cause:
    if device is None:
        return cause_of_wait(scene, parent)
    return Cause(name=f"device {device.name}", established=True, because="the parent waits for I/O on it")


def _restores(group: ZombieGroup) -> str:
    if group.ppid == 1:
        return INIT_RESTORES
    stopped = group.parent is not None and group.parent.stopped
    return STOPPED_RESTORES if stopped else NOT_WAITING_RESTORES


ZOMBIE_PARENT_NOT_WAITING = Rule(
    "zombie-parent-not-waiting", conclude_not_waiting, NOT_WAITING_MATCHES, NOT_WAITING_SPARES
)
ZOMBIE_PARENT_BLOCKED = Rule("zombie-parent-blocked", conclude_blocked, BLOCKED_MATCHES, BLOCKED_SPARES)
