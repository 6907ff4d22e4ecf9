"""What the kernel itself has reported of blocked tasks: a witness that watches all the time, where we look once."""

from collections.abc import Iterable

from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.process import HungReport

REPORT_FACT = "kernel's hung-task report"
_SHOWN = 3


def report_facts(scene: Scene, tasks: Iterable[Task]) -> tuple[tuple[str, str], ...]:
    """One fact for each of the tasks the kernel has reported in their present wait, the longest blocked first."""
    told = [report for task in tasks if (report := _report(scene, task))]
    longest = sorted(told, key=lambda report: (-report.blocked_s, report.tid))
    return tuple((REPORT_FACT, _words(scene, report)) for report in longest[:_SHOWN])


def _report(scene: Scene, task: Task) -> HungReport | None:
    """None for a report on an earlier wait, or on a pid that was used again."""
    reports = (told for told in scene.snapshot.hung_reports if (told.tid, told.comm) == (task.tid, task.look.comm))
    told = next(reports, None)
    age = task.age.seconds
    if told is None or told.at_s is None or age is None:
        return None
    return told if told.at_s >= scene.snapshot.facts.uptime_s - age else None


def _words(scene: Scene, told: HungReport) -> str:
    ago = scene.snapshot.facts.uptime_s - (told.at_s or 0)
    when = f", {ago:.0f} s before this look" if ago >= 1 else ""
    return f"{told.comm} (thread {told.tid}) blocked for more than {told.blocked_s} s{when}"
