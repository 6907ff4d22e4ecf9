"""On which filesystem a task is at work, told from its open files and its working folder."""

from collections.abc import Callable, Iterable

from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.host import Mount


def mounts_of(scene: Scene, task: Task, writable_only: bool = False) -> tuple[Mount, ...]:
    """The mounts below its open files and its working folder, each once, in the order found.

    A task that opens, makes or removes a name has no file open yet: its working folder is all there is.
    """
    if task.suspect is None:
        return ()
    paths = [link.target for link in task.suspect.fds if link.writable or not writable_only]
    paths += [task.suspect.cwd] if task.suspect.cwd and not writable_only else []
    found = (scene.devices.mounted(path) for path in paths if path.startswith("/"))
    return tuple({mount.point: mount for mount in found if mount}.values())


def shared_mount(scene: Scene, tasks: Iterable[Task], wanted: Callable[[Mount], bool]) -> Mount | None:
    """The one mount all of them have to do with; files open for writing first, `/` only where nothing else fits."""
    tasks = tuple(tasks)
    return _common(scene, tasks, wanted, writable_only=True) or _common(scene, tasks, wanted, writable_only=False)


def written_mount(scene: Scene, task: Task, wanted: Callable[[Mount], bool]) -> Mount | None:
    """The one mount on which it has files open for writing. `/` proves nothing: everybody has a log there."""
    mount = _common(scene, (task,), wanted, writable_only=True)
    return mount if mount and mount.point != "/" else None


def _common(
    scene: Scene, tasks: tuple[Task, ...], wanted: Callable[[Mount], bool], writable_only: bool
) -> Mount | None:
    sets = [{mount for mount in mounts_of(scene, task, writable_only) if wanted(mount)} for task in tasks]
    seen = [one for one in sets if one]
    common = set.intersection(*seen) if seen else set()
    narrow = {mount for mount in common if mount.point != "/"} or common
    return narrow.pop() if len(narrow) == 1 else None
