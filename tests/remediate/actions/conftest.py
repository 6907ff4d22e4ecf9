"""These tests write receipts and locks to /run, as the scripts do on a host."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.remediate.actions.shells import nothing_left, stat, until

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(autouse=True, scope="session")
def _clean() -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    yield from nothing_left()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes of our own, and ends them with all that they started."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*words: str) -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen(words, start_new_session=True, cwd=tmp_path))
        until(lambda: stat(running[-1].pid)[0] in "STDZ")
        return running[-1]

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
