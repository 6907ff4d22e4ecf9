"""One child process in a session of its own: fed, read and, at the end, gone with all it started."""

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping

from nornir_hygiene.fleet.deadline import Deadline

_CHUNK = 64 * 1024

OnBytes = Callable[[bytes], object]


class Child:
    """Started when made. Its process id stays valid until `end`: nothing else reaps it, so no kill can go astray."""

    def __init__(self, command: list[str], environment: Mapping[str, str], deadline: Deadline) -> None:
        self._deadline = deadline
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )
        self._exit = os.pidfd_open(self._process.pid)
        deadline.register(self._kill)

    def talk(self, script: bytes, stdout: OnBytes, stderr: OnBytes, full: Callable[[], bool]) -> bool:
        """Feed and read until it has ended, `full()` says enough, or the soft deadline. True when it has ended."""
        with _Streams(self._process, self._exit, script, stdout, stderr) as streams:
            while not full():
                if streams.ended:
                    return True
                if self._deadline.expired:
                    return False
                streams.turn(self._deadline.remaining_s)
        return False

    def end(self) -> int:
        """Kill what is left of its process group, reap it, and give its exit status."""
        self._deadline.unregister(self._kill)
        with self._lock:
            self._kill_group()  # also after a good end: a proxy command may have stayed behind
            status = self._process.wait()
        os.close(self._exit)
        return status

    def _kill(self) -> None:
        with self._lock:
            self._kill_group()

    def _kill_group(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class _Streams:
    """The three pipes of a child and its exit, in one poll."""

    def __init__(
        self, process: subprocess.Popen[bytes], exit_fd: int, script: bytes, stdout: OnBytes, stderr: OnBytes
    ) -> None:
        files = (process.stdin, process.stdout, process.stderr)
        self._files = tuple(file for file in files if file is not None)  # made with PIPE: all three
        self._script = memoryview(script)
        self._exit = exit_fd
        self._stdin, *outputs = (file.fileno() for file in self._files)
        self._readers = dict(zip(outputs, (stdout, stderr), strict=True))
        self._poll = select.poll()
        for fd in (*self._readers, exit_fd):
            self._poll.register(fd, select.POLLIN)
        self._poll.register(self._stdin, select.POLLOUT)
        for file in self._files:
            os.set_blocking(file.fileno(), False)
        self.ended = False

    def __enter__(self) -> "_Streams":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()

    def turn(self, wait_s: float) -> None:
        """Wait for the next event, and serve all that are there."""
        ready = dict(self._poll.poll(wait_s * 1000))
        for fd in self._readers.keys() & ready.keys():
            self._read(fd)
        if self._stdin in ready:
            self._write()
        # Only when nothing else was ready: what it wrote before it ended is in the pipes.
        if ready.keys() == {self._exit}:
            self.ended = True

    def _read(self, fd: int) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(fd, _CHUNK)
            if chunk:
                self._readers[fd](chunk)
            else:
                self._poll.unregister(fd)

    def _write(self) -> None:
        try:
            self._script = self._script[os.write(self._stdin, self._script[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._script = self._script[:0]
        if not self._script:
            self._poll.unregister(self._stdin)
            self._files[0].close()
