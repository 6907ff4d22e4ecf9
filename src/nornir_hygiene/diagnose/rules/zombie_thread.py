"""A process that looks like a zombie but has a thread in D: nobody can reap it, and nothing can kill it."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, blocked_severity, oldest
from nornir_hygiene.diagnose.devices import Device
from nornir_hygiene.diagnose.rules.blocked_task import cause_of_wait
from nornir_hygiene.diagnose.rules.device_hang import waiters_by_device
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, TaskKey, counted, facts, shown
from nornir_hygiene.models.finding import Cause, Evidence

RESTORES = (
    "What the thread waits for: when that comes back the thread ends, and the parent can reap the process. "
    "Kill is useless: the process is already dying, and the signal never reaches a thread in uninterruptible sleep. "
    "Signals to the parent are useless too: its wait cannot succeed before the last thread is gone."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """Leader in Z, a thread in D. The thread may also be a waiter of a hung device: that one is the cause then."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    devices: dict[TaskKey, Device] | None = None
    for pid, process in scene.processes.items():
        leader, stuck = scene.leader(pid), _stuck_threads(scene, pid)
        if leader is None or not stuck or "Z" not in (leader.look.state, process.state):
            continue
        severity = blocked_severity(oldest(task.age for task in stuck), scene.thresholds)
        if severity:
            devices = device_of_waiter(scene) if devices is None else devices
            told = _told(scene, leader, stuck, devices.get(stuck[0].key))
            keys = frozenset(task.key for task in stuck)
            yield Conclusion(scene.finding("zombie-thread-blocked", severity, told), keys)


def _stuck_threads(scene: Scene, pid: int) -> list[Task]:
    threads = [task for task in scene.tasks[pid] if task.blocked and not task.is_leader]
    return sorted(threads, key=lambda task: (-(task.age.seconds or 0.0), task.key))


def device_of_waiter(scene: Scene) -> dict[TaskKey, Device]:
    """Which hung device each task waits for."""
    groups = waiters_by_device(scene)
    return {waiter.task.key: device for device, waiters in groups.items() for waiter in waiters}


def _told(scene: Scene, leader: Task, stuck: list[Task], device: Device | None) -> Told:
    age = oldest(task.age for task in stuck)
    name = f"{leader.process.comm} (pid {leader.process.pid})"
    since = f"for {age}" if age.known else "nobody knows how long"
    return Told(
        subject=scene.process_subject(leader.process.pid),
        summary=f"{name} looks like a zombie, but {counted(len(stuck), 'thread')} of it still "
        f"{'waits' if len(stuck) == 1 else 'wait'} in D {since} ({stuck[0].wait.name}); kill is useless.",
        evidence=Evidence(
            tasks=shown([leader, *stuck], {leader.key: "dead leader"} | {task.key: "live thread" for task in stuck}),
            task_count=1 + len(stuck),
            facts=facts(
                ("threads", leader.process.threads),
                ("wait of the thread", stuck[0].wait.name),
                ("device", device.name if device else None),
                ("parent", scene.process_subject(leader.process.ppid).name),
                ("time blocked", None if age.known else UNKNOWN_AGE),
            ),
        ),
        cause=_device_cause(device) if device else cause_of_wait(scene, stuck[0]),
        restores=RESTORES,
        container=leader.where,
    )


def _device_cause(device: Device) -> Cause:
    return Cause(
        name=f"device {device.name}",
        established=True,
        because="the thread waits for I/O on it",
        missing="why the device does not answer is said in the finding of the device",
    )


MATCHES = (
    Sample(
        "dead leader, one thread in a vfork wait",
        """
        600 1 Zsl app - threads=2 looked
        +601 D app kernel_clone age=50
        """,
    ),
    Sample(
        "dead leader, one thread behind a hung device",
        """
        600 1 Zl app - threads=2 looked fd=/dev/sdb
        +601 D app submit_bio_wait age=50
        """,
    ),
)
SPARES = (
    Sample(
        "dead leader whose threads live and sleep: odd, but nothing waits for a repair",
        """
        600 1 Zl app - threads=2 looked
        +601 S app do_sys_pause age=50
        """,
    ),
    Sample(
        "a living process with a thread in D is not a zombie",
        """
        600 1 Sl app do_wait threads=2 looked
        +601 D app kernel_clone age=50
        """,
    ),
    Sample(
        "a multi-threaded process that is just ending",
        """
        600 1 Zl app - threads=2 looked
        +601 D app exit_mm age=0.01
        """,
    ),
)
ZOMBIE_THREAD_BLOCKED = Rule("zombie-thread-blocked", conclude, MATCHES, SPARES)
