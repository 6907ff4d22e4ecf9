"""Mapping an rbd image hangs: the Pod stays in ContainerCreating. There is no device yet that could be named."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, blocked_severity, oldest
from nornir_hygiene.diagnose.hung_clients import WAITS_FACT, Mapping, mapping
from nornir_hygiene.diagnose.rules.remote_samples import ATTACH_MATCHES, ATTACH_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.symbols import canonical, frame_symbol
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.diagnose.waits import Wait
from nornir_hygiene.models.finding import Cause, Evidence, Subject

_MAPS = frozenset(map(canonical, ("do_rbd_add", "rbd_add", "rbd_add_single_major", "do_rbd_remove")))
_FAMILIES = frozenset({"ceph-osd-reply", "rbd-exclusive-lock", "rbd-lock-release", "ceph-watch", "ceph-monitor"})
_ATTACHERS = ("csi", "kubelet", "rook", "cephcsi", "dockerd", "containerd")
_STEPS_UP = 6  # rbd, sh, cephcsi, shim, kubelet; further up is only init
RESTORES = (
    "What Ceph owes: the OSD of the image's header object, a monitor, or the client that holds the exclusive lock. The "
    "map then ends by itself, and kubelet tries again. Killing it is possible and starts the same wait anew; never "
    "force an unmap: it waits for the same requests."
)


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding for all maps of a host that hang: none of them has a device yet."""
    tasks = [task for task in scene.blocked if task.key not in explained and _maps_an_image(task)]
    severity = blocked_severity(oldest(task.age for task in tasks), scene.thresholds) if tasks else None
    if severity is None:
        return ()
    finding = scene.finding("volume-attach-hang", severity, _told(scene, tasks))
    return (Conclusion(finding, frozenset(task.key for task in tasks)),)


def _maps_an_image(task: Task) -> bool:
    in_map = any(canonical(frame_symbol(line)) in _MAPS for line in task.look.stack)
    known = task.wait.family is not None and task.wait.family.id in _FAMILIES
    return in_map or (known and task.process.comm.startswith("rbd") and not task.process.kernel_thread)


def _told(scene: Scene, tasks: list[Task]) -> Told:
    age = oldest(task.age for task in tasks)
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    asked = mapping(scene.snapshot.ceph_clients)
    started = sorted({name for task in tasks for name in _started_by(scene, task)})
    return Told(
        subject=Subject(sort="volumes", name="rbd map"),
        summary=f"{counted(len(tasks), 'task')} ({comms(tasks)}) cannot map an rbd image{_named(asked)}, {since}: "
        f"{tasks[0].wait.name}.",
        evidence=Evidence(
            tasks=shown(tasks),
            task_count=len(tasks),
            facts=facts(
                (WAITS_FACT, ", ".join(sorted({task.wait.name for task in tasks}))),
                ("on behalf of", ", ".join(started)),
                *asked.facts,
                ("time blocked", None if age.known else UNKNOWN_AGE),
            ),
        ),
        cause=_cause(tasks[0].wait, asked),
        restores=RESTORES,
        container=one_place(tasks),
    )


def _named(asked: Mapping) -> str:
    return f" ({asked.image})" if asked.image else ""


def _cause(wait: Wait, asked: Mapping) -> Cause:
    """The OSDs its client waits for are a hint and no proof: the list does not say which request is how old."""
    owed = f"; requests of its client wait for {', '.join(f'osd.{osd}' for osd in asked.osds)} (osdc)"
    meaning = wait.family.meaning if wait.family else "Ceph does not answer"
    return Cause(
        name=f"rbd image {asked.image}" if asked.image else meaning,
        established=False,
        because=f"the map waits in {wait.symbol or 'an unknown place'}{owed if asked.osds else ''}",
        missing="which OSD, monitor or lock holder: not yet established (needs the cluster's view)",
    )


def _started_by(scene: Scene, task: Task) -> Iterator[str]:
    ppid = task.process.ppid
    for _ in range(_STEPS_UP):
        parent = scene.processes.get(ppid)
        if parent is None or parent.pid <= 1:
            return
        if any(word in parent.comm for word in _ATTACHERS):
            yield f"{parent.comm} (pid {parent.pid})"
        ppid = parent.ppid


VOLUME_ATTACH_HANG = Rule("volume-attach-hang", conclude, ATTACH_MATCHES, ATTACH_SPARES)
