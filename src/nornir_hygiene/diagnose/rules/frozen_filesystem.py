"""Writers on a filesystem somebody froze and did not thaw: a snapshot or a backup that did not finish."""

from collections import defaultdict
from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import blocked_severity, oldest
from nornir_hygiene.diagnose.places import mounts_of, shared_mount, written_mount
from nornir_hygiene.diagnose.rules.frozen_samples import FILESYSTEM_MATCHES, FILESYSTEM_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, is_dead, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Subject
from nornir_hygiene.models.host import Mount

RESTORES = (
    "`fsfreeze -u MOUNT` (or the thaw of whoever froze it: snapshot tool, backup, guest agent); the writers go on at "
    "once. Signals do not help: they wait for the thaw and strike then. Thaw it from a shell that writes nothing there."
)
# Programs that freeze filesystems and stay: a hint where to ask, no proof.
_FREEZERS = ("fsfreeze", "xfs_freeze", "qemu-ga", "vmtoolsd", "veeam", "dattobd")
_FOLLOWS = frozenset({"superblock", "sync-all", "directory-lock", "inode-eviction", "journal-wait"})
# fuse and network filesystems are not frozen this way; overlays take the lock of the filesystem below.
_NEVER = ("fuse", "nfs", "ceph", "cifs", "smb")


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per frozen filesystem; one for all whose filesystem cannot be told."""
    return tuple(_conclusions(scene, explained))


def _conclusions(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    groups: dict[str, list[Task]] = defaultdict(list)
    mounts: dict[str, Mount | None] = {}
    writers = [task for task in scene.blocked if task.key not in explained and _is_writer(scene, task)]
    proven = {task.key: mount for task in writers if (mount := written_mount(scene, task, _can_freeze))}
    for task in writers:
        mount = proven.get(task.key) or _likely(scene, task, {one.point: one for one in proven.values()})
        point = mount.point if mount else ""
        mounts[point] = mount
        groups[point].append(task)
    for point, tasks in sorted(groups.items()):
        severity = blocked_severity(oldest(task.age for task in tasks), scene.thresholds)
        if severity:
            behind = [task for task in _followers(scene, explained, point) if task not in tasks]
            keys = frozenset(task.key for task in (*tasks, *behind))
            sure = any(task.key in proven for task in tasks)
            told = _told(scene, mounts[point] if sure else None, mounts[point], (tasks, behind))
            yield Conclusion(scene.finding("filesystem-frozen", severity, told), keys)


def _is_writer(scene: Scene, task: Task) -> bool:
    """By its wait, and by a stack or a file of it: without both the same wait channel may be a lock of cgroups."""
    if task.wait.waits_for != "thaw" or task.process.kernel_thread:
        return False
    named = task.wait.symbol is not None and "rwsem" not in task.wait.symbol
    return named or bool(task.look.stack) or any(map(_can_freeze, mounts_of(scene, task)))


def _likely(scene: Scene, task: Task, proven: dict[str, Mount]) -> Mount | None:
    """Who makes a file has none open yet, and its path may lead anywhere: what is surely frozen, else a guess."""
    return next(iter(proven.values())) if len(proven) == 1 else shared_mount(scene, [task], _can_freeze)


def _can_freeze(mount: Mount) -> bool:
    return not mount.fstype.startswith(_NEVER)


def _followers(scene: Scene, explained: Explained, point: str) -> Iterator[Task]:
    """Whoever wants a name or the whole of that filesystem, and waits for one of the writers."""
    for task in scene.blocked:
        follows = task.wait.family is not None and task.wait.family.id in _FOLLOWS
        if follows and task.key not in explained and point in {mount.point for mount in mounts_of(scene, task)}:
            yield task


def _told(scene: Scene, sure: Mount | None, mount: Mount | None, members: tuple[list[Task], list[Task]]) -> Told:
    tasks, behind = members
    age = oldest(task.age for task in tasks)
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    name = f"{mount.point} ({mount.fstype} on {mount.source})" if mount else "a filesystem that cannot be told"
    where = name if sure or not mount else f"a filesystem, maybe {name}"
    roles = {task.key: "waits for a writer" for task in behind}
    return Told(
        subject=Subject(sort="filesystem", name=mount.point if mount else "unknown"),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) cannot write to {where}: it is frozen, {since}.",
        evidence=Evidence(
            tasks=shown([*tasks, *behind], roles),
            task_count=len(tasks) + len(behind),
            facts=facts(
                ("writers", len(tasks)),
                ("tasks behind them", len(behind) or None),
                ("device", mount.source if mount else None),
                ("filesystems in use by them", ", ".join(_in_use(scene, tasks)) if sure is None else None),
                ("programs here that freeze filesystems", ", ".join(_suspected(scene))),
            ),
        ),
        cause=_cause(sure, mount, tasks[0]),
        restores=RESTORES,
        container=one_place(tasks),
    )


def _in_use(scene: Scene, tasks: list[Task]) -> list[str]:
    return sorted({f"{mount.point} ({mount.source})" for task in tasks for mount in mounts_of(scene, task)})[:10]


def _suspected(scene: Scene) -> list[str]:
    found = (one for one in scene.processes.values() if one.comm.startswith(_FREEZERS) and not is_dead(one))
    return [f"{process.comm} (pid {process.pid})" for process in found][:4]


def _cause(sure: Mount | None, mount: Mount | None, task: Task) -> Cause:
    because = f"writers wait in {task.wait.symbol} (family frozen-filesystem)"
    if mount is None:
        missing = "which filesystem: none of the writers has one file system to itself"
        return Cause(name="a frozen filesystem", established=False, because=because, missing=missing)
    if sure is None:
        missing = "which filesystem for certain: none of the writers has a file open for writing but on `/`"
        return Cause(name=f"maybe frozen: {mount.point}", established=False, because=because, missing=missing)
    return Cause(
        name=f"frozen filesystem {sure.point} on {sure.source}",
        established=True,
        because=f"{because}, and have files open for writing there",
        missing="who froze it: the kernel does not keep it",
    )


FILESYSTEM_FROZEN = Rule("filesystem-frozen", conclude, FILESYSTEM_MATCHES, FILESYSTEM_SPARES)
