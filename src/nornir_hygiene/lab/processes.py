"""Processes of the machine by identity: a pid alone may be somebody else's by now."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.lab.model import Process


def identify(pid: int) -> Process | None:
    """The process with this pid now, None if there is none. Reads one stat file only."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Split behind the LAST ')': a process may call itself "a) Z 1 (".
    return Process(pid=pid, start_ticks=int(text.rpartition(")")[2].split()[19]))


def alive(process: Process) -> bool:
    """True while this very process exists, zombie or not."""
    return identify(process.pid) == process


def end(process: Process, *, timeout_s: float = 5) -> None:
    """SIGKILL it, if it is still the same one, and wait until it is gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if alive(process):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
    finally:
        os.close(handle)
    _wait_gone(process, timeout_s)


def _wait_gone(process: Process, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    # A zombie has ended: whoever adopted it may take its time to reap it.
    while alive(process) and status(process.pid).get("State", "Z")[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.02)


def pid_inside(pid: int) -> int | None:
    """The pid a process has in the host it lives in, in the machine if in none; None if it is gone."""
    return pid_of(status(pid))


def pid_of(fields: dict[str, str]) -> int | None:
    """The same from the fields of its status file: a host is one pid namespace below, its containers are two."""
    return int(fields["NSpid"].split()[:2][-1]) if fields else None


def status(pid: int) -> dict[str, str]:
    """The fields of /proc/PID/status, empty if the process is gone. The read never blocks."""
    return status_at(Path(f"/proc/{pid}"))


def status_at(folder: Path) -> dict[str, str]:
    """The same for a task's folder."""
    with suppress(OSError):
        pairs = (line.partition(":") for line in (folder / "status").read_text().splitlines())
        return {name: value.strip() for name, _, value in pairs}
    return {}
