"""On real terminals: one pseudo-terminal for stdout, another for stderr."""

import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable

import pytest

from tests.cli.command import NR, Home, silent_port


def _reader(terminal: int) -> Callable[[], bytes]:
    """Collects what is written to a terminal until the other side is closed."""
    parts: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(terminal, 65536):
                parts.append(part)
        except OSError:  # EIO: the last writer is gone
            return

    thread = threading.Thread(target=read)
    thread.start()

    def collected() -> bytes:
        thread.join(timeout=10)
        return b"".join(parts)

    return collected


def on_terminals(home: Home, *arguments: str) -> tuple[int, bytes, bytes]:
    (out, out_end), (err, err_end) = pty.openpty(), pty.openpty()
    running = subprocess.Popen(
        [*NR, *arguments],
        cwd=home.project,
        env=home.environment(TERM="xterm-256color", COLUMNS="100"),
        stdin=subprocess.DEVNULL,
        stdout=out_end,
        stderr=err_end,
    )
    os.close(out_end)
    os.close(err_end)
    stdout, stderr = _reader(out), _reader(err)
    code = running.wait(timeout=60)
    collected = (code, stdout(), stderr())
    os.close(out)
    os.close(err)
    return collected


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_with_progress_on_a_terminal_the_json_is_pure(home: Home, output: str) -> None:
    with silent_port() as port:
        inventory = home.inventory(port, "w1", "w2")
        code, stdout, stderr = on_terminals(
            home, "run", "audit", "--inventory", str(inventory), "--timeout", "1.5", "-o", output
        )
    assert b"waiting for w1, w2" in stderr
    assert b"\x1b" not in stdout
    if output == "json":
        assert json.loads(stdout)["totals"]["selected"] == 2
    else:
        assert len([json.loads(line) for line in stdout.splitlines()]) == 3
    assert code in (1, 3)


def test_the_text_report_on_a_terminal_is_coloured_and_complete(home: Home) -> None:
    with silent_port() as port:
        inventory = home.inventory(port, "w1")
        _, stdout, _ = on_terminals(home, "run", "audit", "--inventory", str(inventory), "--timeout", "1")
    assert b"\x1b[1m1 host: 0 clean, 0 with findings, 1 not observed" in stdout


def test_without_a_terminal_there_is_no_progress(home: Home) -> None:
    with silent_port() as port:
        inventory = home.inventory(port, "w1")
        done = home.nr("run", "audit", "--inventory", str(inventory), "--timeout", "1")
    assert done.stderr == ""
