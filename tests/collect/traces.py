"""Every path a process tree opens, changes or executes, seen by strace."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

_CALLS = "trace=open,openat,openat2,creat,execve,/^(mkdir|unlink|rename|chmod|fchmodat|link|symlink|truncate|rmdir)"
# A call that another one interrupts has its result on a later line (`<unfinished ...>`).
# -y names the folder a relative path starts from: `openat(AT_FDCWD</proc>, "1/stat", O_RDONLY) = 3</proc/1/stat>`.
_CALL = re.compile(r'\d+ +(\w+)\((?:\w+<([^>]*)>, )?"([^"]*)"(?:, ([A-Z_|]+))?(?:.* = (-?\d+).*|.*)')


class Traced(NamedTuple):
    """Paths, made absolute, and what the tree printed. `executed`: only what could be executed."""

    opened: frozenset[str]
    changed: frozenset[str]
    executed: frozenset[str]
    stdout: bytes


def traced(command: Sequence[str], script: bytes, log: Path) -> Traced:
    """Run `command` with `script` on its standard input."""
    if shutil.which("strace") is None:
        pytest.fail("strace is not installed: `make setup` installs it")
    strace = ["strace", "-f", "-y", "-qq", "-s", "300", "-e", _CALLS, "-o", str(log)]
    done = subprocess.run([*strace, *command], input=script, capture_output=True, timeout=120, check=True)
    calls = list(filter(None, map(_CALL.match, log.read_text(errors="replace").splitlines())))
    return Traced(
        opened=frozenset(_path(call) for call in calls if call[1].startswith("open")),
        changed=frozenset(_path(call) for call in calls if _changes(call)),
        executed=frozenset(_path(call) for call in calls if call[1] == "execve" and call[5] in ("0", None)),
        stdout=done.stdout,
    )


def _path(call: re.Match[str]) -> str:
    return os.path.normpath(Path(call[2] or "/") / call[3])


def _changes(call: re.Match[str]) -> bool:
    """True for whatever could leave a trace in a file system."""
    if call[1].startswith("open"):
        return bool(re.search("WRONLY|RDWR|CREAT|TRUNC|APPEND", call[4] or ""))
    return call[1] != "execve"
