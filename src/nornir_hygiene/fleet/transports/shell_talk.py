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
import textwrap
from typing import NamedTuple

from nornir_hygiene.models.answer import Answer, ProbeRequest

_LINE = 76
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
        self._request = request
        self._max = max_output_bytes
        self._marker = f"{request.nonce}:".encode()
        self._trailer = f"\n{request.nonce}-stderr\n".encode()
        self._raw = b""
        self._decoded: list[bytes] = []
        self._size = 0
        self.ready = False
        self.done = False

    def opening(self) -> bytes:
        """The one line for the login shell."""
        lines = _BOOTSTRAP.format(nonce=self._request.nonce, tail=_TAIL_BYTES).strip().split("\n")
        return f" exec sh -c {shlex.quote('; '.join(lines))}\n".encode()

    def body(self) -> bytes:
        """Command and script; to be sent when `ready`."""
        command = base64.b64encode(self._request.command.encode()).decode()
        script = "\n".join(textwrap.wrap(base64.b64encode(self._request.script).decode(), _LINE))
        return f"{command}\n{script}\n.\n".encode()

    @property
    def full(self) -> bool:
        """More came than may be kept."""
        return self._size > self._max + len(self._trailer) + _TAIL_BYTES + 8

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

    def answer(self, ended: "Answer") -> Answer:
        """What came, in the shape of every transport; `ended` tells how it ended if no trailer came."""
        whole = b"".join(self._decoded)
        stdout, trailer, rest = whole.rpartition(self._trailer)
        if not trailer:
            return ended.model_copy(update={"stdout": whole[: self._max]})
        if len(stdout) > self._max:
            return ended.model_copy(update={"stdout": stdout[: self._max], "ended": "limit"})
        stderr, _, status = rest.rpartition(b":")
        return Answer(stdout=stdout, stderr_tail=stderr, exit_status=int(status) if status.isdigit() else None)
