"""Reads a file again and again, past the page cache. Arguments: comm, skip, file, go."""

import os
import signal
import time
from pathlib import Path

from . import stage


def main() -> None:
    """Open, report, wait for the word, read. SIGUSR1 is caught and changes nothing."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    signal.signal(signal.SIGUSR1, lambda *_: None)
    handle = os.open(arguments["file"], os.O_RDONLY)
    stage.report({"pid": os.getpid()})
    go = Path(arguments["go"])
    while not go.exists():
        time.sleep(0.02)
    while True:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.lseek(handle, 0, os.SEEK_SET)
        while os.read(handle, 65536):
            pass
        time.sleep(0.2)


if __name__ == "__main__":
    main()
