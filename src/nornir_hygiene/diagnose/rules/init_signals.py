"""The init of a container without a SIGTERM handler: every stop takes the whole grace period and ends in SIGKILL."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.containers import cgroup_of, container_of
from nornir_hygiene.diagnose.namespaces import is_namespace_init
from nornir_hygiene.diagnose.rules.container_samples import SIGTERM_MATCHES, SIGTERM_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, facts, is_dead, shown
from nornir_hygiene.models.finding import Cause, Evidence, Severity
from nornir_hygiene.models.process import SignalMasks

SIGTERM_BIT = 1 << 14  # signal 15, bit n-1
RESTORES = (
    "A SIGTERM handler in the program, or an init that has one and forwards it (docker --init, tini, dumb-init), or "
    "STOPSIGNAL with a signal it handles. Nothing to do at once."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per container init; only in containers, because nobody stops another namespace by its PID 1."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    for pid, suspect in scene.suspects.items():
        process, init = scene.processes[pid], scene.leader(pid)
        if init is None or is_dead(process) or process.exiting or not is_namespace_init(suspect):
            continue
        container = container_of(cgroup_of(suspect) or "")
        lived = scene.lifetime_s(process)
        settled = lived is None or lived >= scene.thresholds.settled_s
        why = "" if _waits_for_signals(init) else _why(suspect.signals)
        if why and container.container_id and settled:
            yield Conclusion(scene.finding("init-ignores-sigterm", Severity.INFO, _told(scene, init, why)))


def _waits_for_signals(init: Task) -> bool:
    """As tini and dumb-init do: the kernel takes what they wait for out of SigBlk until one of it comes."""
    return "sigtimedwait" in (init.look.wchan or "")


def _why(masks: SignalMasks | None) -> str:
    """Empty where it has a handler, or blocks the signal and reads it from a descriptor, like systemd."""
    if masks is None or masks.caught & SIGTERM_BIT:
        return ""
    if masks.ignored & SIGTERM_BIT:
        return "ignores SIGTERM"
    if masks.blocked & SIGTERM_BIT:
        return ""
    return "has no handler for SIGTERM, so the kernel drops it for a PID 1"


def _told(scene: Scene, init: Task, why: str) -> Told:
    name = f"{init.process.comm} (pid {init.process.pid})"
    masks = init.suspect.signals if init.suspect else None
    return Told(
        subject=scene.process_subject(init.process.pid),
        summary=f"The init {name} of {init.where} {why}: a stop waits for the whole grace period, then kills.",
        evidence=Evidence(
            tasks=shown([init], {init.key: "init of the namespace"}),
            task_count=1,
            facts=facts(
                ("SigCgt", f"{masks.caught:016x}" if masks else None),
                ("SigIgn", f"{masks.ignored:016x}" if masks else None),
                ("not seen from here", "whether an init forwards signals to its children"),
            ),
        ),
        cause=_cause(init, why),
        restores=RESTORES,
        container=init.where,
    )


def _cause(init: Task, why: str) -> Cause:
    seen = init.look.wchan is not None
    return Cause(
        name=f"program {init.process.comm} as PID 1",
        established=seen,
        because=f"it {why}",
        missing="" if seen else "whether it waits for signals as tini does: its wait channel is hidden",
    )


INIT_IGNORES_SIGTERM = Rule("init-ignores-sigterm", conclude, SIGTERM_MATCHES, SIGTERM_SPARES)
