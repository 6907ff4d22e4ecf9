"""One command at a time changes the lab. The lock is an abstract socket: it vanishes with its holder."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from nornir_hygiene.errors import LabError

_NAME = "\0nornir-hygiene-lab"


@contextmanager
def my_turn() -> Iterator[None]:
    """Hold the lab; LabError if another command does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        try:
            lock.bind(_NAME)
        except OSError as error:
            raise LabError("another `nr lab` command is at work on this machine", "wait for it to end") from error
        yield
