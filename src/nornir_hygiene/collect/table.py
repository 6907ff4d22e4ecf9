"""The process table: stat files joined with the declared ps, or whatever of the two there is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from nornir_hygiene.models.process import Process
from nornir_hygiene.parse.fields import row_path, unsigned
from nornir_hygiene.parse.frames import Frames
from nornir_hygiene.parse.ps import PsRow, parse_ps
from nornir_hygiene.parse.stat import StatRow, parse_stat

_TICKS_PER_S = 100
# lstart floors to seconds, and btime may round the other way: the same process can differ by two.
_SAME_START_S = 2.0


class Table(NamedTuple):
    """Processes in the order of their pids, and how many lines no parser accepted."""

    processes: tuple[Process, ...]
    refused: int


def process_table(frames: Frames, boot_time: datetime | None) -> Table:
    """Join by pid. A row of ps whose start does not fit the stat file is another process and keeps no start ticks."""
    stats, waits, refused = parse_stat(frames.lines("stat", "wchan"))
    listed, refused_ps = parse_ps(frames.lines("ps"))
    by_pid = {row.pid: row for row in listed}
    found = {row.pid: _joined(row, by_pid.get(row.pid), waits, boot_time) for row in stats}
    for row in listed:
        # With a whole stat pass before it, ps alone saw what was born meanwhile: too young to be waiting for long.
        if row.pid not in found and not stats:
            found[row.pid] = _from_ps(row)
    for pid, fields in _status_fields(frames.lines("status-only", "status", "target-status")).items():
        if pid not in found:
            process = _from_status(pid, fields)
            if process is not None:
                found[pid] = process
    return Table(tuple(found[pid] for pid in sorted(found)), refused + refused_ps)


def _joined(stat: StatRow, row: PsRow | None, waits: dict[int, str | None], boot_time: datetime | None) -> Process:
    started = boot_time + timedelta(seconds=stat.start_ticks / _TICKS_PER_S) if boot_time else None
    if row is not None and started is not None and not _same_start(row.started_at, started):
        row = None
    # Two looks that disagree show a process that moves. The older state stands: the closer look was chosen by it.
    waits_still = row is not None and row.state == stat.state
    return Process(
        pid=stat.pid,
        ppid=stat.ppid,
        comm=stat.comm,
        state=stat.state,
        flags=row.flags if row else "",
        start_ticks=stat.start_ticks,
        started_at=row.started_at if row else started,
        wchan=row.wchan if row and waits_still else waits.get(stat.pid),
        wchan_denied=row.wchan_denied if row else False,
        threads=stat.threads,
        pgrp=stat.pgrp,
        session=stat.session,
        tty_nr=stat.tty_nr,
        kernel_thread=stat.kernel_thread,
        exiting=stat.exiting,
    )


def _same_start(left: datetime, right: datetime) -> bool:
    return abs((left - right).total_seconds()) <= _SAME_START_S


def _from_ps(row: PsRow) -> Process:
    return Process(
        pid=row.pid,
        ppid=row.ppid,
        comm="?",
        state=row.state,
        flags=row.flags,
        started_at=row.started_at,
        wchan=row.wchan,
        wchan_denied=row.wchan_denied,
    )


def _status_fields(lines: Iterable[str]) -> dict[int, dict[str, str]]:
    """pid -> fields, from `/proc/4242/status:…` of the forkless loop or the leader's `4242/task/4242/status:…`."""
    found: dict[int, dict[str, str]] = {}
    for line in lines:
        parts = row_path(line)
        if parts is None or parts[1] != "status":
            continue
        first, _, last = parts[0].removeprefix("/proc/").partition("/task/")
        pid = unsigned(first)
        if pid is not None and last in ("", first):
            key, _, text = parts[2].partition(":")
            found.setdefault(pid, {}).setdefault(key, text.strip())
    return found


def _from_status(pid: int, fields: dict[str, str]) -> Process | None:
    """A process whose stat could not be read: no start ticks, so it is reported and never acted on."""
    ppid = unsigned(fields.get("PPid", ""))
    state = fields.get("State", "")[:1]
    if ppid is None or not state:
        return None
    return Process(pid=pid, ppid=ppid, comm=fields.get("Name", "?"), state=state)
