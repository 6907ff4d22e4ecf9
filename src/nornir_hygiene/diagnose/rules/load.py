"""A high load average taken apart: who runs, who is blocked, and on what."""

from collections import Counter

from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject

RESTORES = (
    "What the blocked tasks wait for, see the findings about them. More CPUs, fewer pods and lower niceness do not "
    "help: every task in D counts as load and uses no CPU."
)


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """The load is theirs when most of it is tasks in D. Load without visible tasks is somebody else's: said nowhere."""
    known, limits = scene.snapshot.facts, scene.thresholds
    # Frozen tasks do not count as load, whatever letter they show.
    blocked = [
        task for task in scene.blocked if task.wait.waits_for != "freezer" and task.age.reaches(limits.blocked_info_s)
    ]
    load = known.load[0] if known.load else 0.0
    high = load >= max(limits.load_min, known.cpus or 0)
    if not high or len(blocked) < limits.load_min or len(blocked) * 100 < load * limits.load_blocked_share_pct:
        return ()
    news = any(task.key not in explained for task in blocked)
    severity = Severity.WARNING if news else Severity.INFO
    return (Conclusion(scene.finding("load-from-blocked-tasks", severity, _told(scene, load, blocked))),)


def _told(scene: Scene, load: float, blocked: list[Task]) -> Told:
    known = scene.snapshot.facts
    waits = Counter(_wait_of(scene, task) for task in blocked).most_common(5)
    places = Counter(task.where for task in blocked if task.where).most_common(5)
    running = "" if known.tasks_running is None else f"{known.tasks_running} running + "
    parts = ", ".join(f"{count} in {name}" for name, count in waits)
    return Told(
        subject=Subject(sort="load", name="blocked tasks"),
        summary=f"Load {load:.0f} = {running}{len(blocked)} blocked ({parts}): not a CPU problem.",
        evidence=Evidence(
            tasks=shown(blocked),
            task_count=len(blocked),
            facts=facts(
                ("load average", " ".join(f"{one:.2f}" for one in known.load or ())),
                ("CPUs", known.cpus),
                ("running now", known.tasks_running),
                ("blocked in I/O by the kernel's count", known.procs_blocked),
                *((f"blocked in {name}", count) for name, count in waits),
                *((f"blocked in {place}", count) for place, count in places),
            ),
        ),
        cause=Cause(
            name=f"what {counted(waits[0][1], 'task')} wait for: {waits[0][0]}",
            established=False,
            because="every task in D raises the load average; only those in io_schedule also count as iowait",
            missing="the cause of each wait is said in its own finding",
        ),
        restores=RESTORES,
        container=one_place(blocked),
    )


def _wait_of(scene: Scene, task: Task) -> str:
    opened = scene.devices.opened(task) if task.wait.waits_for == "device" else ()
    return f"{task.wait.name} on {opened[0].name}" if len(opened) == 1 else task.wait.name


_CROWD = "\n".join(f"{pid} 1 D fsck submit_bio_wait age=90 fd=/dev/sdb" for pid in range(500, 536))
MATCHES = (
    Sample("load 38 of 36 blocked on one disk", f"host load=38 cpus=4 running=2\n{_CROWD}"),
    Sample(
        "on waits that are no I/O", "host load=6 cpus=2 running=1\n" + _CROWD.replace("submit_bio_wait", "kernel_clone")
    ),
)
SPARES = (
    Sample("a busy host: the load is its runners", f"host load=120 cpus=64 running=90\n{_CROWD}"),
    Sample("a load the CPUs can carry", f"host load=38 cpus=64 running=2\n{_CROWD}"),
    Sample("short waits", f"host load=38 cpus=4 running=2\n{_CROWD}".replace("age=90", "age=0.2")),
    Sample("load without visible tasks is a neighbour's", "host load=38 cpus=4 running=2\n500 1 S app do_poll"),
)
LOAD_FROM_BLOCKED_TASKS = Rule("load-from-blocked-tasks", conclude, MATCHES, SPARES)
