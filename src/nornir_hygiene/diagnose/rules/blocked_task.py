"""Every other task in D: grouped by what it waits for; an unknown wait is said to be unknown."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from nornir_hygiene.diagnose.ages import TWO_SAMPLES, UNKNOWN_AGE, blocked_severity, oldest, worst
from nornir_hygiene.diagnose.hung_reports import report_facts
from nornir_hygiene.diagnose.lock_holders import holder
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, is_dead, one_place, shown
from nornir_hygiene.diagnose.waits import Wait
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity, Subject

UNKNOWN_RESTORES = (
    "Not known: the wait is not in the catalogue. Read the stack, look at tasks blocked since the same time, and do "
    "not kill what may hold a lock: a signal to a task in uninterruptible sleep only stays pending."
)


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per wait family. Unlike waiters of one device, short waits here have nothing to do with long ones."""
    return tuple(_conclusions(scene, explained))


def _conclusions(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in _worth_telling(scene, explained):
        groups[_root(scene, task, explained).wait.name].append(task)
    for name, tasks in sorted(groups.items()):
        # A follower has a name of another wait; the root of the group stands first.
        tasks.sort(key=lambda task: (task.wait.name != name, -(task.age.seconds or 0.0), task.key))
        severity = worst(*(_severity(scene, task) for task in tasks))
        if severity:
            keys = frozenset(task.key for task in tasks)
            yield Conclusion(scene.finding("blocked-task", severity, _told(scene, tasks)), keys)


def _worth_telling(scene: Scene, explained: Explained) -> list[Task]:
    return [task for task in scene.blocked if task.key not in explained and _severity(scene, task)]


def _severity(scene: Scene, task: Task) -> Severity | None:
    """By age; a kernel thread in a wait nobody described is no more than a warning: some drivers sleep so by design."""
    severity = blocked_severity(task.age, scene.thresholds)
    if severity is Severity.CRITICAL and task.process.kernel_thread and task.wait.family is None:
        return Severity.WARNING
    return severity


def _root(scene: Scene, task: Task, explained: Explained) -> Task:
    """Whom it follows: the holder of its lock, by the kernel's word; or, waiting for the address-space lock of its own
    process, the sibling that waits for another thing."""
    held = holder(scene, task)
    if held and held.by.blocked and held.by.key not in explained and _severity(scene, held.by):
        back = holder(scene, held.by)
        return task if back and back.by is task else held.by  # a deadlock has no root
    if task.wait.waits_for != "address-space":
        return task
    siblings = (one for one in scene.tasks[task.process.pid] if one.blocked and one.key not in explained)
    roots = [one for one in siblings if one.wait.wait_class == "root" and _severity(scene, one)]
    return min(roots, key=lambda one: one.key, default=task)


def _told(scene: Scene, tasks: list[Task]) -> Told:
    wait, age = tasks[0].wait, oldest(task.age for task in tasks)
    roles = {task.key: _role(task, tasks[0]) for task in tasks if task.wait.name != wait.name}
    children = _vfork_children(scene, tasks)
    meaning = wait.family.meaning if wait.family else "the wait is not in the catalogue, see the stack"
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    return Told(
        subject=Subject(sort="wait", name=wait.name),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) blocked, {since}: {meaning}.",
        evidence=Evidence(
            tasks=shown([*tasks, *children], roles | {child.key: "child waited for" for child in children}),
            task_count=len(tasks) + len(children),
            facts=_facts(scene, tasks),
        ),
        cause=_cause(scene, tasks, children),
        restores=wait.family.restores if wait.family else UNKNOWN_RESTORES,
        container=one_place(tasks),
    )


def _role(task: Task, root: Task) -> str:
    if task.process.pid == root.process.pid:
        return "waits for a sibling thread"
    return f"waits for a lock of {root.look.comm} (tid {root.tid})"


def _facts(scene: Scene, tasks: list[Task]) -> tuple[Fact, ...]:
    wait, age = tasks[0].wait, oldest(task.age for task in tasks)
    return facts(
        ("blocked tasks", len(tasks)),
        ("wait", wait.name),
        ("wait channels", ", ".join(sorted({task.wait.symbol for task in tasks if task.wait.symbol}))),
        ("class", wait.wait_class or "unknown"),
        ("killable", wait.family.killable if wait.family else "unknown"),
        ("source", wait.family.source if wait.family else None),
        ("filesystems in use", ", ".join(_filesystems(scene, tasks)) if wait.waits_for in ("thaw", "device") else None),
        *report_facts(scene, tasks),
        ("time blocked", UNKNOWN_AGE if not age.known else None if age.exact else TWO_SAMPLES),
        ("of unknown age", sum(not task.age.known for task in tasks) or None),
    )


def _filesystems(scene: Scene, tasks: list[Task]) -> list[str]:
    """Where the files lie that the tasks have open: one of these is the frozen one."""
    links = chain.from_iterable(task.suspect.fds for task in tasks if task.suspect)
    mounts = (scene.devices.mounted(link.target) for link in links if link.target.startswith("/"))
    return sorted({f"{mount.point} ({mount.source})" for mount in mounts if mount and mount.point != "/"})[:10]


def cause_of_wait(scene: Scene, task: Task) -> Cause:
    """Behind one blocked task: the child of a vfork parent, the holder of its lock, else what its family says."""
    return _cause(scene, [task], _vfork_children(scene, [task]))


def _cause(scene: Scene, tasks: list[Task], children: tuple[Task, ...]) -> Cause:
    if children:
        return _child_cause(children)
    holders = (held for task in tasks if (held := holder(scene, task)) and held.by not in tasks)
    return next((held.cause for held in holders), None) or _cause_by_wait(tasks[0].wait)


def _cause_by_wait(wait: Wait) -> Cause:
    if wait.family is None:
        seen = f"wait channel {wait.symbol[:64]}" if wait.symbol else "no wait channel"
        return Cause(name="unknown", established=False, because=f"{seen}: not in the catalogue", missing="the wait")
    because = f"wait channel {wait.symbol} is of family {wait.family.id} ({wait.family.wait_class})"
    missing = "who holds it" if wait.wait_class == "follower" else "which one, and why"
    return Cause(name=wait.family.meaning, established=False, because=because, missing=f"{missing}: not established")


def _child_cause(children: tuple[Task, ...]) -> Cause:
    names = ", ".join(f"{child.process.comm} (pid {child.process.pid}, {child.look.state})" for child in children[:4])
    return Cause(
        name=f"vfork child {names}",
        established=all(child.identity for child in children),
        because="a vfork parent sleeps until its child execs or exits, and this child did neither"
        + "".join(f"; the child itself waits in {child.wait.name}" for child in children if child.blocked),
    )


def _vfork_children(scene: Scene, tasks: list[Task]) -> tuple[Task, ...]:
    """The youngest living child of each vfork parent: a parent in vfork cannot have made another one since."""
    parents = [task.process.pid for task in tasks if task.wait.waits_for == "vfork-child"]
    found = {child.key: child for pid in parents if (child := _youngest_child(scene, pid))}
    return tuple(found.values())


def _youngest_child(scene: Scene, pid: int) -> Task | None:
    alive = [child for child in scene.children.get(pid, ()) if not is_dead(child) and child.pid != pid]
    youngest = max(alive, key=lambda child: (child.start_ticks or 0, child.pid), default=None)
    return scene.leader(youngest.pid) if youngest else None


MATCHES = (
    Sample(
        "vfork parent of a child that sleeps",
        """
        500 1   D make kernel_clone age=45
        501 500 S make do_sys_pause looked
        """,
    ),
    Sample("writer on a frozen filesystem", "500 1 D cp percpu_rwsem_wait age=45 fd=/mnt/x/file"),
    Sample(
        "a thread behind its sibling is part of the sibling's finding",
        """
        500 1 Sl app do_wait threads=3 looked
        +501 D app percpu_rwsem_wait age=45
        +502 D app vma_start_write age=44
        """,
    ),
    Sample(
        "behind a task that, by the kernel's word, holds the lock: one finding, the holder first",
        """
        500 1 D rm percpu_rwsem_wait age=140
        501 1 D cp path_openat age=130
        lock 501 cp 500 rm rw-semaphore 86390
        """,
    ),
    Sample("a wait nobody has described", "500 1 D odd some_new_driver_wait age=45 stack=some_new_driver_wait<ioctl"),
    Sample("age not known: no sched file, no second sample", "500 1 D cp percpu_rwsem_wait looked"),
)
SPARES = (
    Sample("a short vfork", "500 1 D make kernel_clone age=0.1"),
    Sample("idle kernel threads", "20 2 I [kworker/0:1] worker_thread looked"),
    Sample("kernel threads that sleep in D by design", "20 2 D [rcu_gp] rcu_gp_kthread age=5000"),
    Sample("a sleeping process", "500 1 S sleep hrtimer_nanosleep age=300"),
    Sample("a task that waits for a device has its own finding", "500 1 D dd submit_bio_wait age=99 fd=/dev/sdb"),
    Sample("only the table saw it in D, the closer look no more", "500 1 D cp - age=0\n501 1 S x - looked"),
)
BLOCKED_TASK = Rule("blocked-task", conclude, MATCHES, SPARES)
