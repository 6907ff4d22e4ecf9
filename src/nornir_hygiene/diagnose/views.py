"""Snapshot -> process tree, and the threads of one process. Pure."""

from collections.abc import Iterable, Iterator

from nornir_hygiene.diagnose.ages import duration
from nornir_hygiene.diagnose.containers import cgroup_of, origin_of
from nornir_hygiene.diagnose.rules.orphans import detached, is_orphan
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.process import Process, ThreadLook
from nornir_hygiene.models.view import ProcessTree, ThreadRow, ThreadTable, TreeRow

_WAITING = ("D", "S", "I")


def process_tree(scene: Scene, around: int | None = None, *, kernel: bool = False) -> ProcessTree:
    """The whole forest; with `around` only the way up from that pid and everything below it.

    Raises KeyError if that pid was not seen. Kernel threads are left out unless they are blocked or asked for.
    """
    wanted = None if around is None else _around(scene, around)
    rows = [_row(scene, depth, process) for depth, process in _forest(scene) if wanted is None or process.pid in wanted]
    shown = [row for row in rows if kernel or wanted or not row.process.kernel_thread or row.marks]
    return ProcessTree(
        host=scene.host,
        taken_at=scene.snapshot.taken_at,
        rows=tuple(shown),
        kernel_threads_left_out=len(rows) - len(shown),
        gaps=scene.snapshot.gaps,
    )


def thread_table(scene: Scene, pid: int) -> ThreadTable:
    """Raises KeyError if the pid was not seen."""
    process, suspect = scene.processes[pid], scene.suspects.get(pid)
    looked = suspect is not None and bool(suspect.threads)
    gaps = tuple(Gap(section="threads", why=why) for why in suspect.gaps) if suspect else ()
    return ThreadTable(
        host=scene.host,
        taken_at=scene.snapshot.taken_at,
        process=process,
        place=_place(scene, process),
        rows=tuple(_thread_row(task) for task in sorted(scene.tasks[pid], key=lambda task: task.tid)),
        looked_closer=looked,
        gaps=(*scene.snapshot.gaps, *gaps),
    )


def _thread_row(task: Task) -> ThreadRow:
    """The closer look as it was taken; the table's row stands in for a process nobody looked at."""
    threads = task.suspect.threads if task.suspect else ()
    look = ThreadLook(tid=task.tid, comm=task.look.comm, state=task.look.state, wchan=task.look.wchan)
    return ThreadRow(thread=next((one for one in threads if one.tid == task.tid), look), wait=_wait(task))


def _forest(scene: Scene) -> Iterator[tuple[int, Process]]:
    """Depth first, by pid. A hostile answer may hold a circle of parents: who was not reached is a root, too."""
    visited: set[int] = set()
    roots = (process for process in scene.processes.values() if process.ppid not in scene.processes)
    for root in (*roots, *scene.processes.values()):
        todo = [(0, root)]
        while todo:
            depth, process = todo.pop()
            if process.pid not in visited:
                visited.add(process.pid)
                yield depth, process
                todo += [(depth + 1, child) for child in reversed(scene.children.get(process.pid, ()))]


def _around(scene: Scene, pid: int) -> set[int]:
    found = {scene.processes[pid].pid}
    above = scene.processes[pid].ppid
    while above in scene.processes and above not in found:
        found.add(above)
        above = scene.processes[above].ppid
    todo = [pid]
    while todo:
        children = [child.pid for child in scene.children.get(todo.pop(), ()) if child.pid not in found]
        found.update(children)
        todo += children
    return found


def _row(scene: Scene, depth: int, process: Process) -> TreeRow:
    leader = scene.leader(process.pid)
    return TreeRow(
        depth=depth,
        process=process,
        wait=_wait(leader) if leader else "",
        place=_place(scene, process),
        marks=tuple(_marks(scene, process, leader)),
    )


def _wait(task: Task) -> str:
    return task.wait.name if task.look.state in _WAITING and task.wait.symbol else ""


def _place(scene: Scene, process: Process) -> str:
    path = cgroup_of(scene.suspects.get(process.pid))
    if path in (None, "/"):
        return ""
    place = origin_of(path)
    pod = scene.pod_in(place)
    return f"{place} ({pod})" if pod else place


def _marks(scene: Scene, process: Process, leader: Task | None) -> Iterator[str]:
    tasks = scene.tasks.get(process.pid, ())
    if process.state == "Z":
        yield "zombie"
    if leader and is_orphan(scene, process) and not detached([leader]):
        yield "orphan"
    yield from _blocked(tasks)
    if any(task.stopped for task in tasks):
        yield "stopped" if process.state == "T" else "traced"


def _blocked(tasks: Iterable[Task]) -> Iterator[str]:
    for task in tasks:
        if task.blocked and task.wait.wait_class != "benign":
            who = "" if task.is_leader else f"thread {task.tid} "
            since = f" for {duration(task.age.seconds)}" if task.age.seconds is not None else ""
            yield f"{who}blocked{since}"
