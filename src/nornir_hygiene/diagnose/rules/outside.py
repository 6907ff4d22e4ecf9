"""What a look at the table misreads, said as info: processes entered from outside, and guests nobody can look into."""

from collections import defaultdict
from collections.abc import Iterator

from nornir_hygiene.diagnose.namespaces import depth, is_namespace_init
from nornir_hygiene.diagnose.rules.container_samples import GUEST_MATCHES, GUEST_SPARES, OUTSIDE_MATCHES, OUTSIDE_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, is_dead, shown
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject

OUTSIDE_RESTORES = (
    "Nothing by itself. Inside they show PPID 0 and the init of the container never gets to reap them: their parent is "
    "outside. Forgotten ones end with the session or the probe that entered."
)
GUEST_RESTORES = "Nothing. Look inside with the guest's own tools; its processes are in another kernel."
_KEEPERS = ("containerd-shim", "docker-containe", "conmon", "nsenter", "runc", "crun")
# comm is cut to 15 bytes. A name is no proof, and nothing more than this line is concluded from it.
_GUESTS = ("qemu-system-", "qemu-kvm", "kvm", "cloud-hyperviso", "firecracker", "kata-", "crosvm", "runsc-sandbox")


def conclude_outside(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per container."""
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in _entered(scene):
        groups[task.where or "a pid namespace without a container"].append(task)
    return tuple(
        Conclusion(scene.finding("outside-parent", Severity.INFO, _outside(scene, where, tasks)))
        for where, tasks in sorted(groups.items())
    )


def _entered(scene: Scene) -> Iterator[Task]:
    """Deeper in pid namespaces than its parent and not the init there: it was put in by exec or nsenter."""
    for pid, suspect in scene.suspects.items():
        process, leader = scene.processes[pid], scene.leader(pid)
        if leader is None or is_dead(process) or not depth(suspect) or is_namespace_init(suspect):
            continue
        parent = scene.suspects.get(process.ppid)
        seen = parent is not None and bool(parent.nspid)
        outside = depth(parent) < depth(suspect) if seen else _is_keeper(scene, process.ppid)
        lived = scene.lifetime_s(process)
        if outside and (lived is None or lived >= scene.thresholds.outside_parent_info_s):
            yield leader


def _is_keeper(scene: Scene, pid: int) -> bool:
    """Nobody looked at the namespaces of the parent: these are never inside of what they start."""
    parent = scene.processes.get(pid)
    return parent is not None and parent.comm.startswith(_KEEPERS)


def _outside(scene: Scene, where: str, tasks: list[Task]) -> Told:
    parents = sorted({scene.process_subject(task.process.ppid).name for task in tasks})
    return Told(
        subject=Subject(sort="container", name=where),
        summary=f"{counted(len(tasks), 'process', 'processes')} ({comms(tasks)}) in {where} entered from outside: "
        "PPID 0 inside is their parent outside.",
        evidence=Evidence(
            tasks=shown(tasks, {task.key: "entered" for task in tasks}),
            task_count=len(tasks),
            facts=facts(("parents", ", ".join(parents[:4]))),
        ),
        cause=Cause(
            name=f"parent {parents[0]}",
            established=True,
            because="their pid namespace lies below the one of their parent, and they are not PID 1 there",
        ),
        restores=OUTSIDE_RESTORES,
        container=tasks[0].where,
    )


def conclude_guests(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per pod or container, one for all others together."""
    groups: dict[str, list[Task]] = defaultdict(list)
    for pid, process in scene.processes.items():
        leader = scene.leader(pid)
        if leader and process.comm.startswith(_GUESTS) and not process.kernel_thread and not is_dead(process):
            groups[leader.where].append(leader)
    return tuple(
        Conclusion(scene.finding("opaque-guest", Severity.INFO, _guests(where, tasks)))
        for where, tasks in sorted(groups.items())
    )


def _guests(where: str, tasks: list[Task]) -> Told:
    return Told(
        subject=Subject(sort="guests", name=where or "virtual machines"),
        summary=f"{counted(len(tasks), 'guest')} ({comms(tasks)}): what runs inside is not visible here.",
        evidence=Evidence(
            tasks=shown(tasks, {task.key: "guest" for task in tasks}),
            task_count=len(tasks),
            facts=facts(("told from", "the name of the process")),
        ),
        cause=Cause(
            name="a kernel of their own",
            established=False,
            because="processes of a guest are in the guest's kernel, not in this process table",
            missing="anything about the inside: nothing is claimed about it",
        ),
        restores=GUEST_RESTORES,
        container=where,
    )


OUTSIDE_PARENT = Rule("outside-parent", conclude_outside, OUTSIDE_MATCHES, OUTSIDE_SPARES)
OPAQUE_GUEST = Rule("opaque-guest", conclude_guests, GUEST_MATCHES, GUEST_SPARES)
