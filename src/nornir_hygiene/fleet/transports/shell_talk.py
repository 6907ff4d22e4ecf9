"""One request through an interactive shell on a terminal, which may change, echo and interleave whatever passes.

So only base64 passes, in short lines, between markers with the nonce, on a terminal set to raw:

    us    exec sh -c '…'                       one line, whatever the login shell is
    host  NONCE:ready                          the terminal is raw and silent now
    us    command, then script, then `.`       in base64 lines
    host  base64 of: stdout, NONCE-stderr, the tail of stderr, `:` and the exit status
    host  NONCE:done
"""

import base64
import binascii
import shlex
from typing import Literal

from nornir_hygiene.models.answer import Answer, ProbeRequest

Ended = Literal["closed", "deadline", "limit", "lost"]

# A marker is put together by printf, so that an echo of this text is never taken for it. `exec` keeps the line out
# of the shell's history file. sed stops at the `.`, so nobody needs an end of file, which a terminal cannot carry.
_BOOTSTRAP = """
m() {{ printf "\\n%s:%s\\n" {nonce} "$1"; }}
type stty base64 sed tail >/dev/null 2>&1 && stty raw -echo || {{ m lacking; exit 1; }}
m ready
read -r c
c=$(printf %s "$c" | base64 -d)
{{ e=$({{ sed -n "/^[.]/q;p" | base64 -d | {{ sh -c "$c" 2>&1 >&3; printf ":%s" $?; }}; }} | tail -c {tail})
printf "\\n%s-stderr\\n%s" {nonce} "$e"; }} 3>&1 | base64
m done
"""
_TAIL_BYTES = 4096
_BEFORE_READY_BYTES = 64 * 1024


class Rejected(Exception):  # noqa: N818  # what the host said, not an error of ours
    """The shell answers, but lacks what the exchange needs."""


class ShellTalk:
    """Both sides' words of one request: what to send, and what to make of the bytes that come."""

    def __init__(self, request: ProbeRequest, max_output_bytes: int) -> None:
        if not request.nonce.isalnum():
            raise ValueError("a nonce becomes part of a shell line: letters and digits only")
        self._request = request
        self._max = max_output_bytes
        self._marker = f"{request.nonce}:".encode()
        self._trailer = f"\n{request.nonce}-stderr\n".encode()
        self._raw = b""
        self._decoded: list[bytes] = []
        self._size = 0
        self._spoiled = False
        self.ready = False
        self.done = False

    def opening(self) -> bytes:
        """The one line for the login shell."""
        lines = _BOOTSTRAP.format(nonce=self._request.nonce, tail=_TAIL_BYTES).strip().split("\n")
        return f" exec sh -c {shlex.quote('; '.join(lines))}\n".encode()

    def body(self) -> bytes:
        """Command and script; to be sent when `ready`."""
        command = base64.b64encode(self._request.command.encode())
        return command + b"\n" + base64.encodebytes(self._request.script) + b".\n"  # lines of 76 characters

    @property
    def full(self) -> bool:
        """More came than may be kept."""
        return self._size + len(self._raw) > self._max + len(self._trailer) + 2 * _TAIL_BYTES

    @property
    def begun(self) -> bool:
        """Something of the answer is here."""
        return self._size > 0

    def feed(self, chunk: bytes) -> None:
        """Any piece of what the terminal shows. Raises Rejected."""
        self._raw += chunk
        if not self.ready:
            self._await_ready()
        if self.ready and not self.done:
            self._decode()

    def answer(self, ended: Ended) -> Answer:
        """What came, in the shape of every transport; `ended` counts if no trailer came."""
        whole = b"".join(self._decoded)
        stdout, trailer, rest = whole.rpartition(self._trailer)
        if self._spoiled or not trailer:
            return Answer(
                stdout=(whole if not trailer else stdout)[: self._max], ended="lost" if self._spoiled else ended
            )
        if len(stdout) > self._max:
            return Answer(stdout=stdout[: self._max], ended="limit")
        stderr, _, status = rest.rpartition(b":")
        return Answer(stdout=stdout, stderr_tail=stderr, exit_status=int(status) if status.isdigit() else None)

    def _await_ready(self) -> None:
        if self._marker + b"lacking" in self._raw:
            raise Rejected("its shell has no stty, base64, sed or tail")
        _, found, rest = self._raw.partition(self._marker + b"ready")
        self.ready = bool(found)
        # Greetings and prompts; a marker that has only half arrived is in the end of them.
        self._raw = rest if found else self._raw[-_BEFORE_READY_BYTES:]

    def _decode(self) -> None:
        """Whole lines only: each is base64 of its own, and the marker stands at the beginning of one."""
        lines, _, self._raw = self._raw.rpartition(b"\n")
        data, found, _ = (lines + b"\n").partition(self._marker)
        self.done = bool(found)
        try:
            decoded = base64.b64decode(data.translate(None, b"\r\n"), validate=True)
        except binascii.Error:  # somebody else wrote to this terminal, `wall` for one
            self._spoiled = True
            return
        self._decoded.append(decoded)
        self._size += len(decoded)
