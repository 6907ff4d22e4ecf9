"""Reads a file again and again, past the page cache. Arguments: comm, skip, file, go, count, thread.

With a `count` above 1 so many processes do it, of which the reporting one is the parent. With `thread` a thread does
it, while the first thread of the process sleeps.
"""

import os
import signal
import threading
import time
from pathlib import Path
from typing import NoReturn

from . import stage


def main() -> None:
    """Report, wait for the word, read. SIGUSR1 is caught and changes nothing."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    signal.signal(signal.SIGUSR1, lambda *_: None)
    handle, go = os.open(arguments["file"], os.O_RDONLY), Path(arguments["go"])
    children = []
    for _ in range(arguments.get("count", 1) - 1):
        pid = os.fork()
        if pid == 0:  # with a position of its own: who shares one waits for the other reader, not for the disk
            read_again_and_again(os.open(arguments["file"], os.O_RDONLY), go)
        children.append(pid)
    if arguments.get("thread"):
        threading.Thread(target=read_again_and_again, args=(handle, go), daemon=True).start()
    stage.report({"pid": os.getpid(), "pids": children})
    if arguments.get("thread"):
        stage.sleep_for_ever()
    read_again_and_again(handle, go)


def read_again_and_again(handle: int, go: Path) -> NoReturn:
    """Wait for the word, then read the open file."""
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
