"""The init of a pid namespace is exiting and waits for a process that cannot die: the pod is Terminating for days."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import Age, blocked_severity, oldest
from nornir_hygiene.diagnose.namespaces import depth, is_namespace_init
from nornir_hygiene.diagnose.rules.blocked_task import cause_of_wait
from nornir_hygiene.diagnose.rules.container_samples import EXIT_MATCHES, EXIT_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.zombie_thread import device_of_waiter
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, shown
from nornir_hygiene.models.finding import Cause, Evidence

RESTORES = (
    "What the child waits for: it then dies at once (it has its SIGKILL already), and the pod with it. More signals, "
    "`kubectl delete --force` and restarts of the runtime do not help: they only hide a process that still holds its "
    "volumes. A zombie among the children is reaped by its own parent, outside of the container."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per dying init that has children left."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    for pid, process in scene.processes.items():
        init, suspect = scene.leader(pid), scene.suspects.get(pid)
        if init is None or not process.exiting or not is_namespace_init(suspect):
            continue
        left = _left_inside(scene, init)
        severity = blocked_severity(_age(init, left), scene.thresholds)
        if severity:
            told = _told(scene, init, left)
            yield Conclusion(scene.finding("container-stuck-terminating", severity, told), frozenset({init.key}))


def _left_inside(scene: Scene, init: Task) -> list[Task]:
    """Its children (all of the namespace are adopted by it in the end), and who came in from outside and stays."""
    inside = [child.pid for child in scene.children.get(init.process.pid, ()) if child.pid != init.process.pid]
    beside = [
        child.pid
        for child in scene.children.get(init.process.ppid, ())
        if child.pid != init.process.pid and _same_container(scene, init, child.pid)
    ]
    tasks = [task for pid in (*inside, *beside) for task in scene.tasks[pid]]
    return sorted(tasks, key=lambda task: (not task.blocked, not task.held, not task.is_zombie, task.key))


def _same_container(scene: Scene, init: Task, pid: int) -> bool:
    look = scene.suspects.get(pid)
    one = scene.leader(pid)
    return bool(one and init.where and one.where == init.where and depth(look) and not is_namespace_init(look))


def _age(init: Task, left: list[Task]) -> Age:
    """The init wakes for every child that dies, so it can look younger than its stuck child."""
    return oldest([init.age, *(task.age for task in left if task.held)])


def _told(scene: Scene, init: Task, left: list[Task]) -> Told:
    age = _age(init, left)
    since = f"for {age}" if age.known else "nobody knows how long"
    name = f"{init.process.comm} (pid {init.process.pid})"
    stuck = left[0] if left else None
    why = (
        f"its child {stuck.process.comm} (pid {stuck.process.pid}) is {_doing(stuck)}" if stuck else "no child is seen"
    )
    roles = {init.key: "init of the namespace"} | {task.key: "still inside" for task in left}
    return Told(
        subject=scene.process_subject(init.process.pid),
        summary=f"The init {name} of {init.where or 'a pid namespace'} is exiting and cannot, {since}: {why}.",
        evidence=Evidence(
            tasks=shown([*left, init], roles),
            task_count=len(left) + 1,
            facts=facts(
                ("left inside", counted(len({task.process.pid for task in left}), "process", "processes")),
                ("the child waits for", stuck.wait.name if stuck and stuck.held else None),
                ("init waits in", init.look.wchan),
            ),
        ),
        cause=_cause(scene, stuck),
        restores=RESTORES,
        container=init.where,
    )


def _doing(task: Task) -> str:
    if task.is_zombie:
        return "a zombie nobody reaps"
    return f"in {task.look.state}, {task.wait.name}"


def _cause(scene: Scene, stuck: Task | None) -> Cause:
    because = "the kernel killed all of the namespace, and the init waits until each of them is gone"
    if stuck is None:
        missing = "which process: none of its children is visible"
        return Cause(name="a process of the namespace", established=False, because=because, missing=missing)
    name = f"{stuck.process.comm} (pid {stuck.process.pid})"
    if stuck.is_zombie:
        parent = scene.process_subject(stuck.process.ppid).name
        return Cause(name=f"zombie {name}, parent {parent}", established=True, because=because)
    device = device_of_waiter(scene).get(stuck.key)
    if device:
        return Cause(name=f"device {device.name}, which {name} waits for", established=True, because=because)
    below = cause_of_wait(scene, stuck)
    missing = "" if below.established else "see the finding of what it waits for"
    return Cause(name=f"{name}: {below.name}", established=below.established, because=because, missing=missing)


CONTAINER_STUCK_TERMINATING = Rule("container-stuck-terminating", conclude, EXIT_MATCHES, EXIT_SPARES)
