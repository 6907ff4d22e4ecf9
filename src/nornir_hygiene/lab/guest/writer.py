"""Writes to a file again and again. Arguments: comm, skip, file, go."""

import os
import time
from pathlib import Path

from . import stage


def main() -> None:
    """Open, report, wait for the word, write; the file does not grow."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    handle = os.open(arguments["file"], os.O_WRONLY | os.O_CREAT)
    stage.report({"pid": os.getpid()})
    go = Path(arguments["go"])
    while not go.exists():
        time.sleep(0.02)
    while True:
        os.pwrite(handle, b"x" * 4096, 0)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
