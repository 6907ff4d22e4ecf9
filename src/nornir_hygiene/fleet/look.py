"""One host looked at for a person: a fresh observation, or one out of a recording."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.fleet.observe import Observation, observe
from nornir_hygiene.fleet.replay import read_recording, recording_files, seen_in
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import ClusterRecording, Recording
from nornir_hygiene.models.settings import Thresholds

if TYPE_CHECKING:
    from nornir.core.task import Result, Task


def looking_task(look: int) -> "Callable[[Task], Result]":
    """A Nornir task whose result is an Observation; `look`: a pid, or PLACES."""
    from nornir.core.task import Result

    def look_at(task: "Task") -> Result:
        return Result(host=task.host, result=observe(task.host, look))

    return look_at


def scene_of(host: str, seen: Observation | NotObserved) -> Scene | NotObserved:
    """What a view is made of."""
    found = seen.seen if isinstance(seen, Observation) else seen
    return Scene(host, found, Thresholds(), catalogue()) if isinstance(found, Snapshot) else found


def recorded(host: str, place: Path) -> Observation | NotObserved:
    """The newest recording of this host in a file or folder. Raises UsageError if there is none."""
    newest: Recording | None = None
    others: set[str] = set()
    broken: NotObserved | None = None
    for path in recording_files([place]):
        recording = read_recording(path)
        if isinstance(recording, NotObserved):
            broken = recording
        elif isinstance(recording, ClusterRecording):
            continue
        elif recording.host != host:
            others.add(recording.host)
        elif newest is None or recording.taken_at > newest.taken_at:
            newest = recording
    if newest:
        return seen_in(newest)
    if broken and not others:
        return broken
    raise UsageError(f"there is no recording of {host} in {place}", f"there are: {', '.join(sorted(others))}")
