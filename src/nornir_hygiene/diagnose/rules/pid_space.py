"""Process ids of the whole host nearly used, and containers nothing keeps from using them all."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from nornir_hygiene.diagnose.containers import ancestors_of, container_of
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, shown
from nornir_hygiene.models.cgroup import PidsCgroup
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject
from nornir_hygiene.models.host import HostFacts

SPACE_RESTORES = (
    "Fewer tasks: end the leak that fills it (most threads by program, see above). A higher kernel.pid_max or "
    "kernel.threads-max buys time, and only if the memory for it is there. Act while a shell can still be started."
)
UNLIMITED_RESTORES = (
    "podPidsLimit of the kubelet, --pids-limit of docker and podman, TasksMax of the unit; new containers get it when "
    "they are made."
)


class PidSpace(NamedTuple):
    """The smaller of kernel.pid_max and kernel.threads-max, and the threads that are there. Zombies count."""

    name: str
    used: int
    limit: int


def pid_space(known: HostFacts) -> PidSpace | None:
    """Threads, not processes; None where the host did not tell."""
    limits = {"kernel.pid_max": known.pid_max, "kernel.threads-max": known.threads_max}
    name, limit = min(((name, one) for name, one in limits.items() if one), key=lambda pair: pair[1], default=("", 0))
    return PidSpace(name, known.tasks_total, limit) if limit and known.tasks_total is not None else None


def conclude_space(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """Nearly used up."""
    space = pid_space(scene.snapshot.facts)
    if space is None or space.used * 100 < space.limit * scene.thresholds.pid_space_warning_pct:
        return ()
    critical = space.used * 100 >= space.limit * scene.thresholds.pid_space_critical_pct
    severity = Severity.CRITICAL if critical else Severity.WARNING
    return (Conclusion(scene.finding("pid-space-low", severity, _space(scene, space))),)


def _space(scene: Scene, space: PidSpace) -> Told:
    name, used, limit = space
    leaders = [leader for pid in scene.processes if (leader := scene.leader(pid))]
    biggest = sorted(leaders, key=lambda task: (-(task.process.threads or 1), task.key))[:10]
    seen = sum(task.process.threads or 1 for task in leaders)
    return Told(
        subject=Subject(sort="limit", name=name),
        summary=f"{used} of {limit} process ids ({name}) are in use, {max(0, limit - used)} are left.",
        evidence=Evidence(
            tasks=shown(biggest, {task.key: f"{task.process.threads or 1} threads" for task in biggest}),
            task_count=len(leaders),
            facts=facts(
                ("threads of the kernel", used),
                ("threads in the table", seen),
                *((f"most by program, {place}", one) for place, one in enumerate(_programs(leaders), 1)),
                (
                    "note",
                    "many threads are not visible here: another pid namespace holds them" if seen * 2 < used else None,
                ),
            ),
        ),
        cause=Cause(
            name=f"limit {name} of {limit}",
            established=False,
            because=f"/proc/loadavg counts {used} threads",
            missing="who grows: compare with the next audit",
        ),
        restores=SPACE_RESTORES,
    )


def _programs(leaders: list[Task]) -> list[str]:
    counts: dict[str, int] = defaultdict(int)
    for task in leaders:
        counts[task.process.comm] += task.process.threads or 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"{comm}: {count}" for comm, count in ordered[:5]]


def conclude_unlimited(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per place where containers live: a node has hundreds of them, and one setting for all."""
    known = {cgroup.path: cgroup for cgroup in scene.snapshot.pids_cgroups}
    groups: dict[str, list[PidsCgroup]] = defaultdict(list)
    for cgroup in _unlimited(known):
        groups["/" + cgroup.path.split("/")[1]].append(cgroup)
    return tuple(
        Conclusion(scene.finding("pids-unlimited", Severity.INFO, _unlimited_told(place, cgroups)))
        for place, cgroups in sorted(groups.items())
    )


def _unlimited(known: dict[str, PidsCgroup]) -> Iterator[PidsCgroup]:
    for path, cgroup in sorted(known.items()):
        chain = [known[one] for one in (path, *ancestors_of(path)) if one in known]
        outermost = not any(container_of(above).container_id for above in ancestors_of(path))
        free = cgroup.current > 0 and all(one.limit is None for one in chain)
        if container_of(path).container_id and outermost and free:
            yield cgroup


def _unlimited_told(place: str, cgroups: list[PidsCgroup]) -> Told:
    shown_here = sorted(cgroups, key=lambda one: (-one.current, one.path))[:10]
    one = str(container_of(cgroups[0].path)) if len(cgroups) == 1 else ""
    verb = "has" if len(cgroups) == 1 else "have"
    return Told(
        subject=Subject(sort="cgroup", name=place),
        summary=f"{counted(len(cgroups), 'container')} below {place} {verb} no limit of process ids: each can use up "
        "all of the host.",
        evidence=Evidence(
            facts=facts(
                ("containers without a limit", len(cgroups)),
                *((f"tasks in {container_of(cgroup.path)}", cgroup.current) for cgroup in shown_here),
            ),
        ),
        cause=Cause(
            name=f"no pids.max on the way from {place} to the containers",
            established=True,
            because="pids.max is `max` in each of them and in every cgroup above",
        ),
        restores=UNLIMITED_RESTORES,
        container=one,
    )


_POD = "/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef"
SPACE_MATCHES = (
    Sample(
        "threads use up pid_max",
        "host tasks=32000 pid_max=32768 threads_max=190000\n500 1 Sl java futex_wait threads=31000",
    ),
    Sample("threads-max is the smaller one", "host tasks=900 pid_max=4194304 threads_max=1000\n500 1 S app do_poll"),
)
SPACE_SPARES = (
    Sample("plenty left", "host tasks=900 pid_max=32768 threads_max=190000\n500 1 S app do_poll"),
    Sample("nothing known", "host pid_max=32768\n500 1 S app do_poll"),
)
UNLIMITED_MATCHES = (
    Sample(
        "two containers of one place are one finding",
        f"pids /kubepods 40 max\npids {_POD} 30 max\npids {_POD}/{'4f' * 32} 20 max\npids {_POD}/{'5e' * 32} 9 max",
    ),
)
UNLIMITED_SPARES = (
    Sample("the pod is limited, the container need not be", f"pids {_POD} 30 100\npids {_POD}/{'4f' * 32} 20 max"),
    Sample("the whole node is", f"pids /kubepods 40 30000\npids {_POD} 30 max\npids {_POD}/{'4f' * 32} 20 max"),
    Sample("a unit without a limit is no container", "pids /system.slice/app.service 30 max"),
    Sample("an empty one", f"pids {_POD}/{'4f' * 32} 0 max"),
)
PID_SPACE_LOW = Rule("pid-space-low", conclude_space, SPACE_MATCHES, SPACE_SPARES)
PIDS_UNLIMITED = Rule("pids-unlimited", conclude_unlimited, UNLIMITED_MATCHES, UNLIMITED_SPARES)
