"""Tasks a cgroup freezer holds: v1 shows them in D, v2 in S. A pause somebody owns is not a fault."""

from collections import defaultdict
from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import Age, blocked_severity
from nornir_hygiene.diagnose.containers import cgroup_of, container_of, is_below
from nornir_hygiene.diagnose.rules.frozen_samples import CGROUP_MATCHES, CGROUP_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, shown
from nornir_hygiene.models.cgroup import Container, Freezer
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject

RESTORES = {
    1: "Write THAWED to freezer.state of that cgroup, unless somebody owns the pause (docker pause, a checkpoint, a "
    "migration): then end that. Until it is thawed every signal waits, SIGKILL too, and strikes with the thaw.",
    2: "Write 0 to cgroup.freeze of that cgroup, unless somebody owns the pause (docker pause, a checkpoint, a "
    "migration): then end that. Fatal signals do work on a cgroup v2 that is frozen.",
}


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per frozen cgroup, the one that was frozen itself and not the ones below it."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    groups: dict[tuple[str, int], list[Task]] = defaultdict(list)
    for each in scene.tasks.values():
        for task in each:
            frozen = task.wait.waits_for == "freezer" and (task.blocked or task.look.state == "S")
            if frozen and not task.process.kernel_thread:  # those a cgroup never freezes
                groups[_subject(scene, task)].append(task)
    for (path, version), tasks in sorted(groups.items()):
        freezer = _freezer(scene, path, version)
        keys = frozenset(task.key for task in (*tasks, *_held_with_them(scene, path, version)))
        if freezer and not (freezer.frozen and freezer.again is not False):
            # A runtime froze it for an instant; how long a sleeper last ran says nothing about that.
            yield Conclusion(None, keys)
        elif severity := _severity(scene, tasks, freezer, container_of(path)):
            yield Conclusion(scene.finding("cgroup-frozen", severity, _told(path, version, tasks, freezer)), keys)


def _subject(scene: Scene, task: Task) -> tuple[str, int]:
    """Path and version: the highest cgroup above the task that is frozen by itself, else the task's own."""
    version = 1 if task.blocked else 2
    path = _path(task, version)
    own = [one for one in scene.snapshot.freezers if one.version == version and one.frozen and one.own]
    above = [one.path for one in own if is_below(path, one.path)]
    return (min(above, key=len, default=path), version)


def _path(task: Task, version: int) -> str:
    return cgroup_of(task.suspect, "freezer" if version == 1 else "") or "/"


def _freezer(scene: Scene, path: str, version: int) -> Freezer | None:
    matching = (one for one in scene.snapshot.freezers if one.path == path and one.version == version)
    return next(matching, None)


def _held_with_them(scene: Scene, path: str, version: int) -> Iterator[Task]:
    """A vfork parent in a frozen cgroup waits for a child that is frozen too."""
    for task in scene.blocked:
        if task.wait.waits_for == "vfork-child" and path != "/" and is_below(_path(task, version), path):
            yield task


def _age(tasks: list[Task]) -> Age:
    """At most so long: whoever slept when it was frozen last ran before that."""
    known = [task.age.seconds for task in tasks if task.age.seconds is not None]
    return Age(min(known)) if known else Age()


def _severity(scene: Scene, tasks: list[Task], freezer: Freezer | None, container: Container) -> Severity | None:
    severity = blocked_severity(_age(tasks), scene.thresholds)
    if severity is None:
        return None
    # Docker and podman have a pause command for people, the kubelet has none.
    paused = bool(container.container_id) and not container.pod_uid
    return Severity.INFO if freezer is None or paused or severity is Severity.INFO else Severity.WARNING


def _told(path: str, version: int, tasks: list[Task], freezer: Freezer | None) -> Told:
    age, container = _age(tasks), container_of(path)
    since = f"for at most {age}" if age.known else "nobody knows how long"
    return Told(
        subject=Subject(sort="cgroup", name=path),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) frozen by cgroup v{version} {path}, {since}.",
        evidence=Evidence(
            tasks=shown(tasks),
            task_count=len(tasks),
            facts=facts(
                ("freezer", _state(freezer)),
                ("frozen tasks", len(tasks)),
                ("hierarchy", f"cgroup v{version}"),
                ("fatal signals", "wait for the thaw" if version == 1 else "work"),
            ),
        ),
        cause=_cause(path, version, freezer, container),
        restores=RESTORES[version],
        container=str(container),
    )


def _state(freezer: Freezer | None) -> str:
    if freezer is None:
        return "its state could not be read"
    twice = " twice, a second apart" if freezer.again else ""
    return f"frozen{twice}, {'by itself' if freezer.own else 'with a cgroup above it'}"


def _cause(path: str, version: int, freezer: Freezer | None, container: Container) -> Cause:
    owner = f"a pause of container {container.container_id[:12]}" if container.container_id else "a freeze"
    waits = "in D with a harmless wait channel" if version == 1 else "in the freezer trap"
    return Cause(
        name=f"{owner}: freezer of {path}",
        established=bool(freezer and freezer.own),
        because=f"its tasks are {waits}; {_state(freezer)}",
        missing="who froze it: the kernel does not keep it; ask the runtime or whoever makes checkpoints",
    )


CGROUP_FROZEN = Rule("cgroup-frozen", conclude, CGROUP_MATCHES, CGROUP_SPARES)
