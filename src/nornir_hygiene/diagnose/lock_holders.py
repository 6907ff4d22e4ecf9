"""Who holds the lock a blocked task waits for, where the kernel said so."""

from dataclasses import dataclass

from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.finding import Cause
from nornir_hygiene.models.process import LockOwner


@dataclass(frozen=True)
class Held:
    """The task that holds a lock, by what the kernel told."""

    by: Task
    told: LockOwner

    @property
    def cause(self) -> Cause:
        """Its holder, and what that one waits for itself. The kernel says "likely", and so do we."""
        by = self.by
        report = "the kernel's hung-task report calls it"
        waits = f"in {by.look.state}" + (f", waiting in {by.wait.name}" if by.look.wchan else "")
        return Cause(
            name=f"{by.look.comm} (pid {by.process.pid}) {waits}",
            established=False,
            because=f"{report} (thread {by.tid}) the likely holder of the {self.told.lock}",
            missing="what keeps the holder from going on",
        )


def holder(scene: Scene, task: Task) -> Held | None:
    """Who holds it up. None for a report on an earlier wait, or on a pid that was used again."""
    for told in scene.snapshot.lock_owners:
        if (told.waiter, told.waiter_comm) == (task.tid, task.look.comm) and _on_this_wait(scene, task, told):
            owner = _task(scene, told.owner)
            if owner and owner.look.comm == told.owner_comm:
                return Held(owner, told)
    return None


def _on_this_wait(scene: Scene, task: Task, told: LockOwner) -> bool:
    """The kernel reports a wait that lasts: a report from before it began was about another one."""
    age = task.age.seconds
    return told.at_s is not None and age is not None and told.at_s >= scene.snapshot.facts.uptime_s - age


def _task(scene: Scene, tid: int) -> Task | None:
    found = (task for tasks in scene.tasks.values() for task in tasks if task.tid == tid)
    return next(found, None)
