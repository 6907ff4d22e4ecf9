"""One command at a time changes the lab. The lock is an abstract socket: it vanishes with its holder."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.command import say

_NAME = "\0nornir-hygiene-lab"
PATIENCE_S = 60.0


@contextmanager
def my_turn() -> Iterator[None]:
    """Hold the lab, after the command that holds it now; LabError if that takes too long."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        _take(lock)
        yield


def _take(lock: socket.socket) -> None:
    end = time.monotonic() + PATIENCE_S
    told = False
    while True:
        try:
            lock.bind(_NAME)
        except OSError as error:
            if time.monotonic() > end:
                raise LabError("another `nr lab` command is at work on this machine", "wait for it to end") from error
        else:
            return
        if not told:
            say("waiting for another `nr lab` command to end")
            told = True
        time.sleep(0.2)
