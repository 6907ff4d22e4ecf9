"""What comes in from one command, bounded."""

from typing import Literal

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.answer import Answer

STDERR_TAIL_BYTES = 4096


class Intake:
    """Keeps at most `max_output_bytes` of stdout and the tail of stderr. `ended` as in Answer."""

    def __init__(self, max_output_bytes: int, deadline: Deadline) -> None:
        self.ended: Literal["closed", "deadline", "limit", "lost"] = "closed"
        self._max = max_output_bytes
        self._deadline = deadline
        self._chunks: list[bytes] = []
        self._size = 0
        self._stderr = b""

    def stdout(self, chunk: bytes) -> None:
        """Bytes of the answer."""
        self._heard(chunk)
        kept = chunk[: self._max - self._size]
        self._chunks.append(kept)
        self._size += len(kept)
        if len(kept) < len(chunk):
            self.ended = "limit"

    def stderr(self, chunk: bytes) -> None:
        """Only the end of it matters."""
        self._heard(chunk)
        self._stderr = (self._stderr + chunk)[-STDERR_TAIL_BYTES:]

    def _heard(self, chunk: bytes) -> None:
        # The first byte proves that the login works; what comes while the stream is being cut proves nothing.
        if chunk and not self._deadline.expired:
            self._deadline.phase = "probe"

    @property
    def full(self) -> bool:
        """More came than may be kept: stop reading."""
        return self.ended == "limit"

    @property
    def empty(self) -> bool:
        """Not one byte of an answer."""
        return self._size == 0

    def answer(self, exit_status: int | None) -> Answer:
        """Raises NotReached when the stream was cut before its first byte; a command may well end without one."""
        if self.empty and self.ended == "deadline":
            raise NotReached(reasons.out_of_time(self._deadline))
        if self.empty and self.ended == "lost":
            raise NotReached(
                reasons.closed_before_login("logged in, then the connection broke without a byte", "login")
            )
        return Answer(
            stdout=b"".join(self._chunks), stderr_tail=self._stderr, exit_status=exit_status, ended=self.ended
        )
