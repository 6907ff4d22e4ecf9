"""What a person looks at during an incident: the process tree of a host, the threads of one process."""

from datetime import datetime

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.process import Process, ThreadLook


class TreeRow(Frozen):
    """One process at its place in the tree. `wait` is the family of its wait, empty where there is none.

    `place`: pod and container, unit or login; empty where nobody looked. `marks`: zombie, orphan, blocked, ….
    """

    depth: int
    process: Process
    wait: str = ""
    place: str = ""
    marks: tuple[str, ...] = ()


class ProcessTree(Frozen):
    """Parents before their children. `kernel_threads_left_out`: idle ones, of no interest to most."""

    host: str
    taken_at: datetime
    rows: tuple[TreeRow, ...]
    kernel_threads_left_out: int = 0
    gaps: tuple[Gap, ...] = ()


class ThreadRow(Frozen):
    """One thread, and the family of its wait."""

    thread: ThreadLook
    wait: str = ""


class ThreadTable(Frozen):
    """All threads of one process, by tid. `looked_closer` False: only its row of the process table is known."""

    host: str
    taken_at: datetime
    process: Process
    place: str
    rows: tuple[ThreadRow, ...]
    looked_closer: bool
    gaps: tuple[Gap, ...] = ()
