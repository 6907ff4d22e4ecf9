"""Process trees and thread tables -> lines of text. Whatever a host sent goes through `safe`."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.process import Process
from nornir_hygiene.models.view import ProcessTree, ThreadRow, ThreadTable, TreeRow
from nornir_hygiene.report.evidence import age
from nornir_hygiene.report.safe import safe

_DEEPEST_SHOWN = 40
_FRAMES_SHOWN = 3


def tree_lines(tree: ProcessTree) -> Iterator[str]:
    """PID, STAT, when it started, what it waits for, where it lives, and the command in its place, with marks."""
    yield _head(tree.host, tree.taken_at)
    cells = [_tree_cells(row, tree.taken_at) for row in tree.rows]
    yield from _columns([("PID", "STAT", "STARTED", "WAIT", "PLACE", "COMMAND"), *cells])
    if tree.kernel_threads_left_out:
        yield f"{tree.kernel_threads_left_out} kernel threads that are not blocked are left out; --kernel shows them"
    yield from _gap_lines(tree.gaps)


def thread_lines(table: ThreadTable) -> Iterator[str]:
    """TID, state, how long ago it last ran, switches, wait, the innermost frames of its stack."""
    process = table.process
    yield _head(table.host, table.taken_at)
    yield safe(f"{_identity(process)} {process.comm}, {_started(process, table.taken_at)}, parent {process.ppid}")
    if table.place:
        yield safe(f"in: {table.place}")
    yield from _columns(
        [("TID", "STATE", "LAST RAN", "SWITCHES", "WAIT", "COMMAND", "STACK"), *map(_thread_cells, table.rows)]
    )
    if not table.looked_closer:
        yield "nobody looked closer at this process: only its row of the process table is known"
    yield from _gap_lines(table.gaps)


def _head(host: str, taken_at: datetime) -> str:
    return f"{safe(host)} at {taken_at:%Y-%m-%d %H:%M:%S} UTC"


def _tree_cells(row: TreeRow, now: datetime) -> tuple[str, ...]:
    process = row.process
    depth = min(row.depth, _DEEPEST_SHOWN)
    name = f"[{process.comm}]" if process.kernel_thread else process.comm
    command = ("  " * (depth - 1) + "\\_ " if depth else "") + name
    marks = f"  <- {', '.join(row.marks)}" if row.marks else ""
    stat = process.state + process.flags
    return (str(process.pid), stat, _started(process, now), _wait(process.wchan, row.wait), row.place, command + marks)


def _thread_cells(row: ThreadRow) -> tuple[str, ...]:
    thread = row.thread
    ran = f"{age(thread.last_ran_age_s)} ago" if thread.last_ran_age_s is not None else "?"
    switches = "?" if thread.switches is None else str(thread.switches)
    stack = " < ".join(thread.stack[:_FRAMES_SHOWN])
    return (str(thread.tid), thread.state, ran, switches, _wait(thread.wchan, row.wait), thread.comm, stack)


def _wait(wchan: str | None, family: str) -> str:
    """`folio_wait_bit_common (page-io)`; an unknown family already names the symbol."""
    if family.startswith("unknown"):
        return family
    return " ".join(filter(None, (wchan, f"({family})" if family else ""))) or "-"


def _started(process: Process, now: datetime) -> str:
    """The clock for what began today, else the day, as people know it from ps."""
    if process.started_at is None:
        return "?"
    same_day = process.started_at.date() == now.date()
    return f"{process.started_at:%H:%M:%S}" if same_day else f"{process.started_at:%Y-%m-%d}"


def _identity(process: Process) -> str:
    return f"{process.pid}@{'?' if process.start_ticks is None else process.start_ticks}"


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    made_safe = [tuple(map(safe, row)) for row in rows]
    widths = [max(len(row[column]) for row in made_safe) for column in range(len(made_safe[0]))]
    for row in made_safe:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _gap_lines(gaps: tuple[Gap, ...]) -> Iterator[str]:
    for gap in gaps:
        yield safe(f"not seen: {gap.section}: {gap.why}")
