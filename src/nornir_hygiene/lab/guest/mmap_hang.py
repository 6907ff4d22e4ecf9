"""A process whose command line cannot be read: its memory map is locked for as long as a file system is frozen.

Arguments: comm, skip, file, go. The lab freezes the file system, then makes `go`: one thread stores into a mapped
page and waits for the thaw, another unmaps the page and waits for the first, holding the lock of the memory map.
"""

import ctypes
import mmap
import os
import threading
import time
from pathlib import Path

from . import stage

_LENGTH = 4096


def main() -> None:
    """Map, report, wait for the word, hang."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    address = _map(arguments["file"])
    store = threading.Thread(target=_store, args=(address,), daemon=True)
    unmap = threading.Thread(target=_unmap, args=(address,), daemon=True)
    go = Path(arguments["go"])
    stage.report({"pid": os.getpid()})
    while not go.exists():
        time.sleep(0.02)
    store.start()
    unmap.start()
    time.sleep(3600)


def _map(file: str) -> int:
    handle = os.open(file, os.O_RDWR)
    stage.LIBC.mmap.restype = ctypes.c_void_p
    stage.LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    stage.LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    stage.LIBC.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    return int(stage.LIBC.mmap(None, _LENGTH, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, handle, 0))


def _store(address: int) -> None:
    stage.LIBC.memset(address, 1, 8)


def _unmap(address: int) -> None:
    time.sleep(0.3)  # both threads have their stacks by then: a new one could not get one any more
    stage.LIBC.munmap(address, _LENGTH)


if __name__ == "__main__":
    main()
