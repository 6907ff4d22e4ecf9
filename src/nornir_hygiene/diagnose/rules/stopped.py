"""Processes in T or t for long: stopped by a signal nobody took back, or held by a tracer."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, Age
from nornir_hygiene.diagnose.containers import cgroup_of, origin_of
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.stopped_samples import (
    STOPPED_MATCHES,
    STOPPED_SPARES,
    TRACED_MATCHES,
    TRACED_SPARES,
)
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, facts, is_dead, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity

STOPPED_RESTORES = (
    "SIGCONT to exactly this process, after whoever stopped it was asked. A job of a terminal is continued there (fg, "
    "bg). Until then every other signal but SIGKILL waits. A daemon that stops again is stopped by somebody."
)
TRACED_RESTORES = (
    "The end of the tracer (quit gdb, detach strace): the kernel then lets the process go on. SIGCONT does not help "
    "while it is traced. A tracer that is stopped or blocked itself must be continued or ended first."
)

# gVisor runs its guests' threads under ptrace: held is their normal state.
_SANDBOXES = ("runsc",)


def conclude_stopped(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per stopped process; who is stopped under a frozen cgroup is not in T."""
    return tuple(_conclusions(scene, explained, "T", "stopped"))


def conclude_traced(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per process held by a tracer; traced and running is no trouble."""
    return tuple(_conclusions(scene, explained, "t", "traced"))


def _conclusions(scene: Scene, explained: Explained, state: str, kind: str) -> Iterator[Conclusion]:
    for pid in scene.processes:
        task = scene.leader(pid)
        if task is None or task.look.state != state or task.key in explained:
            continue
        severity = _stopped_severity(scene, task) if state == "T" else _traced_severity(scene, task)
        if severity:
            told = _stopped(scene, task) if state == "T" else _traced(scene, task)
            yield Conclusion(scene.finding(kind, severity, told), frozenset({task.key}))


def _stopped_severity(scene: Scene, task: Task) -> Severity | None:
    """A job stopped at a living terminal session is a pause of the person who sits there."""
    limits = scene.thresholds
    if _is_job(scene, task):
        return Severity.INFO if task.age.reaches(limits.stopped_job_info_s) else None
    if not task.age.known:
        return Severity.INFO
    return Severity.WARNING if task.age.reaches(limits.stopped_warning_s) or not task.age.exact else None


def _is_job(scene: Scene, task: Task) -> bool:
    """It has a terminal, and the leader of its session is alive and somebody else."""
    process = task.process
    leader = scene.processes.get(process.session or 0)
    return bool(process.tty_nr) and leader is not None and leader.pid != process.pid and not is_dead(leader)


def _traced_severity(scene: Scene, task: Task) -> Severity | None:
    limits, tracer = scene.thresholds, _tracer(scene, task)
    if tracer is not None and tracer.process.comm.startswith(_SANDBOXES):
        return None
    if not task.age.known:
        return Severity.INFO
    helpless = tracer is not None and (tracer.stopped or tracer.blocked)
    if task.age.reaches(limits.traced_warning_s) or (helpless and task.age.reaches(limits.traced_info_s)):
        return Severity.WARNING
    return Severity.INFO if task.age.reaches(limits.traced_info_s) or not task.age.exact else None


def _tracer(scene: Scene, task: Task) -> Task | None:
    pid = task.suspect.tracer_pid if task.suspect else None
    return scene.leader(pid) if pid else None


def _since(age: Age) -> str:
    return f"for {age}" if age.known else "nobody knows how long"


def _name(task: Task) -> str:
    return f"{task.process.comm} (pid {task.process.pid})"


def _stopped(scene: Scene, task: Task) -> Told:
    job = _is_job(scene, task)
    background = job and "+" not in task.process.flags
    return Told(
        subject=scene.process_subject(task.process.pid),
        summary=f"{_name(task)} is stopped {_since(task.age)}{', a job of a terminal' if job else ''}.",
        evidence=Evidence(
            tasks=shown([task]),
            task_count=1,
            facts=_facts(scene, task)
            + facts(
                (
                    "terminal",
                    ("in the background of one" if background else "has one") if job else "none it could be a job of",
                )
            ),
        ),
        cause=Cause(
            name="a stop signal"
            + (", or reading from its terminal in the background (SIGTTIN, SIGTTOU)" if background else ""),
            established=False,
            because=f"it is in state T ({task.look.wchan or 'no wait channel'})",
            missing="who sent it: the kernel does not keep it",
        ),
        restores=STOPPED_RESTORES,
        container=task.where,
    )


def _traced(scene: Scene, task: Task) -> Told:
    tracer = _tracer(scene, task)
    pid = task.suspect.tracer_pid if task.suspect else None
    who = _name(tracer) if tracer else f"pid {pid}" if pid else "a tracer that is not visible here"
    together = [task, *([tracer] if tracer else [])]
    return Told(
        subject=scene.process_subject(task.process.pid),
        summary=f"{_name(task)} is held {_since(task.age)} by its tracer {who}.",
        evidence=Evidence(
            tasks=shown(together, {tracer.key: "tracer"} if tracer else {}),
            task_count=len(together),
            facts=_facts(scene, task) + facts(("tracer", f"{who}, in state {tracer.look.state}" if tracer else who)),
        ),
        cause=Cause(
            name=f"tracer {who}",
            established=tracer is not None and tracer.identity is not None,
            because="the process is in state t, and its status names the tracer",
            missing="" if tracer else "who the tracer is",
        ),
        restores=TRACED_RESTORES,
        container=task.where,
    )


def _facts(scene: Scene, task: Task) -> tuple[Fact, ...]:
    masks = task.suspect.signals if task.suspect else None
    waiting = (masks.pending | masks.shared_pending) if masks else 0
    path = cgroup_of(task.suspect)
    return facts(
        ("lives in", origin_of(path) if path else None),
        ("parent", scene.process_subject(task.process.ppid).name),
        ("signals waiting", ", ".join(str(bit + 1) for bit in range(64) if waiting >> bit & 1)),
        ("time", None if task.age.known else UNKNOWN_AGE),
    )


TRACED = Rule("traced", conclude_traced, TRACED_MATCHES, TRACED_SPARES)
STOPPED = Rule("stopped", conclude_stopped, STOPPED_MATCHES, STOPPED_SPARES)
