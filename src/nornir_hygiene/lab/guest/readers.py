"""A pool of short-lived readers: each reads for a moment and ends, its parent starts the next.

Arguments: comm, skip, file, count, direct (past the page cache).
"""

import mmap
import os
import time
from typing import Any

from . import stage

_LIVES_S, _CHUNK, _PAUSE_S = 0.8, 1 << 18, 0.05


def main() -> None:
    """Report, start them, start another for each that ends."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    for _ in range(arguments["count"]):
        _start_one(arguments)
    stage.report({"pid": os.getpid()})
    while True:
        os.wait()
        _start_one(arguments)


def _start_one(arguments: dict[str, Any]) -> None:
    if os.fork() == 0:
        _read(str(arguments["file"]), direct=bool(arguments["direct"]))
        os._exit(0)


def _read(file: str, *, direct: bool) -> None:
    handle = os.open(file, os.O_RDONLY | (os.O_DIRECT if direct else 0))
    buffer = mmap.mmap(-1, _CHUNK)  # direct I/O wants memory that begins with a page
    end = time.monotonic() + _LIVES_S
    while time.monotonic() < end:
        if os.readv(handle, [buffer]) == 0:
            os.lseek(handle, 0, os.SEEK_SET)
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
