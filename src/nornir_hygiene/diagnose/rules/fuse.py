"""Tasks that wait for a FUSE daemon: S at first, so nobody counts them, and D for good after any signal."""

from collections import defaultdict
from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, blocked_severity, oldest
from nornir_hygiene.diagnose.places import mounts_of, shared_mount
from nornir_hygiene.diagnose.rules.remote_samples import FUSE_MATCHES, FUSE_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Subject
from nornir_hygiene.models.host import Mount

RESTORES = (
    "Continue the daemon if it is stopped, else restart it through its owner; its death answers every waiter with an "
    "error at once. Writing 1 to /sys/fs/fuse/connections/N/abort does the same without it. Never signal a waiter: it "
    "then becomes unkillable."
)


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per FUSE filesystem; one for all waiters whose filesystem cannot be told."""
    return tuple(_conclusions(scene, explained))


def _conclusions(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    groups: dict[str, list[Task]] = defaultdict(list)
    mounts: dict[str, Mount | None] = {}
    for task in _waiters(scene, explained):
        mount = _mount_of(scene, task)
        point = mount.point if mount else ""
        mounts[point] = mount
        groups[point].append(task)
    for point, tasks in sorted(groups.items()):
        severity = blocked_severity(oldest(task.age for task in tasks), scene.thresholds)
        if severity:
            behind = list(_behind(scene, explained, point))
            daemons = _daemons(scene, mounts[point])
            keys = frozenset(task.key for task in (*tasks, *behind, *(one for one in daemons if one.stopped)))
            told = _told(scene, mounts[point], tasks, (behind, daemons))
            yield Conclusion(scene.finding("fuse-hang", severity, told), keys)


def _waiters(scene: Scene, explained: Explained) -> Iterator[Task]:
    for tasks in scene.tasks.values():
        for task in tasks:
            waits = task.wait.waits_for == "fuse" and task.look.state in ("S", "D")
            if waits and task.key not in explained and not task.process.kernel_thread:
                yield task


def _is_fuse(mount: Mount) -> bool:
    return mount.fstype.startswith("fuse") and mount.fstype != "fusectl"


def _mount_of(scene: Scene, task: Task) -> Mount | None:
    """By its files and folder; else the only FUSE mount with requests waiting; else the only FUSE mount."""
    own = shared_mount(scene, [task], _is_fuse)
    if own:
        return own
    waiting = {f"0:{one.minor}" for one in scene.snapshot.fuse_connections if one.waiting}
    every = [mount for mount in scene.snapshot.mounts if _is_fuse(mount)]
    busy = [mount for mount in every if mount.maj_min in waiting]
    candidates = busy or (every if not scene.snapshot.fuse_connections else [])
    return candidates[0] if len({mount.maj_min for mount in candidates}) == 1 else None


def _behind(scene: Scene, explained: Explained, point: str) -> Iterator[Task]:
    """Tasks in D for a directory of that filesystem that one of the waiters holds."""
    for task in scene.blocked:
        follows = task.wait.waits_for == "lock" and task.wait.wait_class == "follower"
        if follows and task.key not in explained and point in {mount.point for mount in mounts_of(scene, task)}:
            yield task


def _daemons(scene: Scene, mount: Mount | None) -> list[Task]:
    """Whoever has /dev/fuse open; of several the one that is called like the filesystem."""
    pids = [pid for pid, look in scene.suspects.items() if any(link.target == "/dev/fuse" for link in look.fds)]
    every = [leader for pid in pids if (leader := scene.leader(pid))]
    names = {mount.fstype.partition(".")[2], mount.source.rpartition("/")[2]} - {""} if mount else set()
    alike = [one for one in every if one.process.comm in {name[:15] for name in names}]
    return alike or every


def _told(scene: Scene, mount: Mount | None, tasks: list[Task], others: tuple[list[Task], list[Task]]) -> Told:
    behind, daemons = others
    age = oldest(task.age for task in tasks)
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    where = f"{mount.point} ({mount.fstype})" if mount else "a filesystem that cannot be told"
    roles = {task.key: "behind a waiter" for task in behind} | {task.key: "daemon" for task in daemons}
    together = {task.key: task for task in (*tasks, *behind, *daemons)}
    verb = "waits" if len(tasks) == 1 else "wait"
    return Told(
        subject=Subject(sort="filesystem", name=mount.point if mount else "unknown (FUSE)"),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) {verb} for the FUSE daemon of {where}, {since}.",
        evidence=Evidence(
            tasks=shown(together.values(), roles),
            task_count=len(together),
            facts=_facts(scene, mount, tasks, behind) + facts(("time waited", None if age.known else UNKNOWN_AGE)),
        ),
        cause=_cause(mount, daemons),
        restores=RESTORES,
        container=one_place(tasks),
    )


def _facts(scene: Scene, mount: Mount | None, tasks: list[Task], behind: list[Task]) -> tuple[Fact, ...]:
    waiting = [one.waiting for one in scene.snapshot.fuse_connections if mount and mount.maj_min == f"0:{one.minor}"]
    return facts(
        ("waiters in S", sum(not task.blocked for task in tasks) or None),
        ("waiters in D (a signal came)", sum(task.blocked for task in tasks) or None),
        ("tasks behind them", len(behind) or None),
        ("requests without an answer", waiting[0] if waiting else None),
        ("abort file", f"/sys/fs/fuse/connections/{mount.maj_min.partition(':')[2]}/abort" if mount else None),
    )


def _cause(mount: Mount | None, daemons: list[Task]) -> Cause:
    of = f" of {mount.point}" if mount else ""
    if len(daemons) != 1:
        seen = ", ".join(f"{one.process.comm} (pid {one.process.pid})" for one in daemons[:4])
        missing = f"which daemon: {seen} have /dev/fuse open" if daemons else "which process is the daemon: none seen"
        because = "the tasks wait for an answer to a FUSE request"
        return Cause(name=f"the FUSE daemon{of}", established=False, because=because, missing=missing)
    daemon = daemons[0]
    name = f"FUSE daemon {daemon.process.comm} (pid {daemon.process.pid}){of}"
    if daemon.stopped:
        return Cause(name=name, established=True, because=f"it is stopped (state {daemon.look.state})")
    if daemon.blocked:
        return Cause(name=name, established=True, because=f"it is blocked itself, in {daemon.wait.name}")
    doing = f"in {daemon.look.wchan}" if daemon.look.wchan else f"in state {daemon.look.state}"
    missing = "why it does not answer: look at its network, its storage and its own log"
    return Cause(name=name, established=False, because=f"it lives ({doing}) and does not answer", missing=missing)


FUSE_HANG = Rule("fuse-hang", conclude, FUSE_MATCHES, FUSE_SPARES)
