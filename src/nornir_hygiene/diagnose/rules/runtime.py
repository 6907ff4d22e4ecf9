"""A container runtime that exited and came back under its containers: younger than the keepers it started."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import duration
from nornir_hygiene.diagnose.containers import cgroup_of, container_of, origin_of
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, is_dead, shown
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject
from nornir_hygiene.models.process import Process

RESTORES = (
    "Nothing for the containers: they live on under their shims. Find out why the runtime ended (its log, the kernel's "
    "OOM lines, an upgrade). A shim without children is what is left of a container: its pod is recycled."
)
# runtime -> (its keepers, the runtimes of containers that are its own; empty: any)
_RUNTIMES = {
    "containerd": (("containerd-shim",), ()),
    # Old docker: cut to 15 bytes, its containerd and its shims have one name; their containers tell them apart.
    "dockerd": (("containerd-shim", "docker-containe"), ("docker",)),
    "crio": (("conmon",), ("cri-o",)),
}


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per runtime."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    for process in scene.processes.values():
        runtime = scene.leader(process.pid)
        lived = scene.lifetime_s(process)
        if runtime is None or process.comm not in _RUNTIMES or is_dead(process) or lived is None:
            continue
        older = [
            keeper for keeper in _keepers(scene, process) if (keeper.start_ticks or 0) < (process.start_ticks or 0)
        ]
        empty = [keeper for keeper in older if not scene.children.get(keeper.pid)]
        recent = lived <= scene.thresholds.runtime_restart_recent_s
        if older and (recent or empty):
            severity = Severity.WARNING if empty else Severity.INFO
            yield Conclusion(scene.finding("runtime-restarted", severity, _told(scene, runtime, older, empty)))


def _keepers(scene: Scene, runtime: Process) -> Iterator[Process]:
    """Shims that runtime may have started; where it shares their name with others, by the container they keep.

    Of several runtimes of one name each has its shims in its own cgroup.
    """
    names, own = _RUNTIMES[runtime.comm]
    foreign = _homes_of_others(scene, runtime)
    for process in scene.processes.values():
        alive = process.start_ticks is not None and not is_dead(process) and process.pid != runtime.pid
        if not alive or not process.comm.startswith(names) or _home(scene, process) in foreign:
            continue
        if not own or own[0] in _kept(scene, process):
            yield process


def _homes_of_others(scene: Scene, runtime: Process) -> set[str]:
    alike = (one for one in scene.processes.values() if one.comm == runtime.comm and not is_dead(one))
    homes = {_home(scene, one) for one in alike if one.pid != runtime.pid}
    return {home for home in homes if home} - {_home(scene, runtime)}


def _home(scene: Scene, process: Process) -> str:
    return cgroup_of(scene.suspects.get(process.pid)) or ""


def _kept(scene: Scene, keeper: Process) -> set[str]:
    paths = (cgroup_of(scene.suspects.get(child.pid)) for child in scene.children.get(keeper.pid, ()))
    return {container_of(path).runtime or "" for path in paths if path}


def _told(scene: Scene, runtime: Task, older: list[Process], empty: list[Process]) -> Told:
    lived = scene.lifetime_s(runtime.process) or 0.0
    path = cgroup_of(runtime.suspect)
    leaders = [leader for keeper in older if (leader := scene.leader(keeper.pid))]
    roles = {leader.key: "shim without children" for leader in leaders if leader.process in empty}
    left = f"; {counted(len(empty), 'shim')} without children" if empty else ""
    return Told(
        subject=Subject(sort="runtime", name=origin_of(path) if path else runtime.process.comm),
        summary=f"{runtime.process.comm} (pid {runtime.process.pid}) started {duration(lived)} ago, after "
        f"{counted(len(older), 'shim')} it keeps containers with{left}.",
        evidence=Evidence(
            tasks=shown([runtime, *leaders], {runtime.key: "runtime"} | roles),
            task_count=1 + len(leaders),
            facts=facts(
                ("shims older than the runtime", len(older)), ("of these without children", len(empty) or None)
            ),
        ),
        cause=Cause(
            name=f"restart of {runtime.process.comm}" + (f" in {origin_of(path)}" if path else ""),
            established=True,
            because="a shim is started by its runtime, and these are older than it",
            missing="why it ended: its log says",
        ),
        restores=RESTORES,
    )


_UNIT = "cg=/system.slice/containerd.service"
MATCHES = (
    Sample(
        "containerd came back an hour ago",
        f"""
        500 1   Ssl containerd futex_wait start=8280000 {_UNIT}
        600 1   Sl  containerd-shim futex_wait start=5000
        700 600 Ss  app do_poll
        """,
    ),
    Sample(
        "one of two runtimes came back",
        f"""
        500 1   Ssl containerd futex_wait start=8280000 {_UNIT}
        600 1   Sl  containerd-shim futex_wait start=5000 {_UNIT}
        700 600 Ss  app do_poll
        400 1   Ssl containerd futex_wait start=4000 cg=/system.slice/second.service
        610 1   Sl  containerd-shim futex_wait start=6000 cg=/system.slice/second.service
        710 610 Ss  app do_poll
        """,
    ),
    Sample(
        "long ago, but a shim has lost its container",
        """
        500 1   Ssl containerd futex_wait start=6000
        600 1   Sl  containerd-shim futex_wait start=5000
        """,
    ),
    Sample(
        "dockerd under its own containers",
        f"""
        500 1   Ssl dockerd futex_wait start=8280000
        600 1   Sl  containerd-shim futex_wait start=5000
        700 600 Ss  app do_poll cg=/docker/{"4f" * 32}
        """,
    ),
)
SPARES = (
    Sample(
        "a second runtime was installed beside one that never ended",
        f"""
        400 1   Ssl containerd futex_wait start=4000 {_UNIT}
        600 1   Sl  containerd-shim futex_wait start=5000 {_UNIT}
        700 600 Ss  app do_poll
        800 1   Ssl containerd futex_wait start=8280000 cg=/system.slice/second.service
        """,
    ),
    Sample(
        "shims started by a runtime that never ended",
        """
        500 1   Ssl containerd futex_wait start=5000
        600 1   Sl  containerd-shim futex_wait start=8280000
        700 600 Ss  app do_poll
        """,
    ),
    Sample(
        "a restart of weeks ago, all containers well",
        """
        500 1   Ssl containerd futex_wait start=6000
        600 1   Sl  containerd-shim futex_wait start=5000
        700 600 Ss  app do_poll
        host uptime_s=9000000
        """,
    ),
    Sample(
        "dockerd was installed on a node of containerd",
        f"""
        500 1   Ssl dockerd futex_wait start=8280000
        600 1   Sl  containerd-shim futex_wait start=5000
        700 600 Ss  app do_poll cg=/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/{"4f" * 32}
        """,
    ),
)
RUNTIME_RESTARTED = Rule("runtime-restarted", conclude, MATCHES, SPARES)
