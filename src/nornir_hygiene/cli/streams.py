"""Results go to stdout, everything else to stderr; a reader that leaves early is no error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nornir_hygiene.report.safe import safe


def say(message: str) -> None:
    """A message for the person on stderr; what a host or a file put into it is made safe, line by line."""
    with suppress(BrokenPipeError):
        print("\n".join(safe(line) for line in message.split("\n")), file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def results() -> Iterator[None]:
    """Around everything that prints results: `nr run audit | head -1` still saves the run and returns its verdict."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing()


def stop_writing() -> None:
    """Nobody reads stdout any more: let the interpreter flush what is left into nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
