"""Tasks that wait for an NFS server on a hard mount."""

from collections import defaultdict
from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, blocked_severity, oldest
from nornir_hygiene.diagnose.places import shared_mount
from nornir_hygiene.diagnose.rules.remote_samples import NFS_MATCHES, NFS_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.symbols import canonical, frame_symbol
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Subject
from nornir_hygiene.models.host import Mount

# fs/nfs/file.c: what reads, writes and flushes.
_CLIENT = frozenset(
    map(canonical, ("nfs_file_read", "nfs_file_write", "nfs_file_fsync", "nfs_file_flush", "nfs_wb_all"))
)
RESTORES = (
    "The server, or the network to it: the tasks go on by themselves. SIGKILL does end these waits, but not the cause. "
    "`umount -f` gives up what was not yet written."
)


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per server."""
    groups: dict[str, list[tuple[Task, Mount | None]]] = defaultdict(list)
    for task in scene.blocked:
        if _waits_for_server(task) and task.key not in explained:
            mount = _mount_of(scene, task)
            groups[_server(mount)].append((task, mount))
    return tuple(_conclusions(scene, groups))


def _conclusions(scene: Scene, groups: dict[str, list[tuple[Task, Mount | None]]]) -> Iterator[Conclusion]:
    for server, members in sorted(groups.items()):
        severity = blocked_severity(oldest(task.age for task, _ in members), scene.thresholds)
        if severity:
            keys = frozenset(task.key for task, _ in members)
            yield Conclusion(scene.finding("nfs-hang", severity, _told(server, members)), keys)


def _waits_for_server(task: Task) -> bool:
    """A buffered read waits for its page as on a disk: only the stack tells that no disk is behind it (seen on 6.1)."""
    beneath = {canonical(frame_symbol(line)) for line in task.look.stack}
    return task.wait.waits_for == "nfs" or (task.wait.waits_for == "device" and bool(beneath & _CLIENT))


def _is_nfs(mount: Mount) -> bool:
    return mount.fstype in ("nfs", "nfs4")


def _mount_of(scene: Scene, task: Task) -> Mount | None:
    """By its files and folder; else the only NFS server there is."""
    own = shared_mount(scene, [task], _is_nfs)
    every = [mount for mount in scene.snapshot.mounts if _is_nfs(mount)]
    return own or (every[0] if len({_server(mount) for mount in every}) == 1 else None)


def _server(mount: Mount | None) -> str:
    """`10.0.0.5:/export` and `[fd00::5]:/export` name the server before the last colon in front of the path."""
    return mount.source.partition(":/")[0] if mount else "unknown"


def _told(server: str, members: list[tuple[Task, Mount | None]]) -> Told:
    tasks = [task for task, _ in members]
    mounts = {f"{mount.point} ({mount.source})" for _, mount in members if mount}
    age = oldest(task.age for task in tasks)
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    verb = "waits" if len(tasks) == 1 else "wait"
    known = server != "unknown"
    return Told(
        subject=Subject(sort="NFS server", name=server),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) {verb} for NFS server {server}, {since}.",
        evidence=Evidence(
            tasks=shown(tasks),
            task_count=len(tasks),
            facts=facts(
                ("mounts", ", ".join(sorted(mounts)[:10])),
                ("waits", ", ".join(sorted({task.wait.name for task in tasks}))),
                ("time blocked", None if age.known else UNKNOWN_AGE),
            ),
        ),
        cause=Cause(
            name=f"NFS server {server}",
            established=False,
            because=f"the tasks wait in {', '.join(sorted({task.wait.symbol or '?' for task in tasks}))}",
            missing="whether the server or the network to it is down"
            if known
            else "which server: no file of them tells",
        ),
        restores=RESTORES,
        container=one_place(tasks),
    )


NFS_HANG = Rule("nfs-hang", conclude, NFS_MATCHES, NFS_SPARES)
