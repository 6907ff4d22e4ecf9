"""An agent whose helper died and left its workers behind. Arguments: comm, count, skip.

The agent lives on as the unit's main process. The helper was the leader of the workers' session; each worker
still holds the network namespace it was made for.
"""

import ctypes
import os

from . import stage

CLONE_NEWNET = 0x40000000


def main() -> None:
    """Start the helper, reap it when it has gone, sleep."""
    arguments = stage.arguments()
    stage.shift_pids(arguments["skip"])
    reader, writer = os.pipe()
    helper = os.fork()
    if helper == 0:
        _leave_workers(arguments["comm"], arguments["count"], writer)
    os.close(writer)
    os.waitpid(helper, 0)
    workers = _told(reader, arguments["count"])
    stage.report({"pid": os.getpid(), "dead_leader": helper, "pids": workers})
    stage.sleep_for_ever()


def _leave_workers(comm: str, count: int, writer: int) -> None:
    os.setsid()
    for _ in range(count):
        if os.fork() == 0:
            _work(comm, writer)
    os._exit(0)


def _work(comm: str, writer: int) -> None:
    stage.rename(comm)
    namespace = _foreign_network_namespace()
    os.write(writer, f"{os.getpid()}\n".encode())
    os.close(writer)
    os.set_inheritable(namespace, False)
    stage.sleep_for_ever()


def _foreign_network_namespace() -> int:
    """An open file on a network namespace nobody lives in any more."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            os._exit(1)
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    os.write(go[1], b"x")
    os.waitpid(pid, 0)
    for end in (*ready, *go):
        os.close(end)
    return namespace


def _told(reader: int, count: int) -> list[int]:
    text = b""
    while text.count(b"\n") < count:
        text += os.read(reader, 4096)
    return sorted(int(line) for line in text.split())


if __name__ == "__main__":
    main()
