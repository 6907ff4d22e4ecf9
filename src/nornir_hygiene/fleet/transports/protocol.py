"""What every transport does, and how it says that a host was not reached."""

from typing import Protocol

from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved


class NotReached(Exception):  # noqa: N818  # a value on its way up, not an error of the program
    """The host gave no answer; `why` is what the report will say."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(f"{why.reason}: {why.detail}")
        self.why = why


class Transport(Protocol):
    """An open way to one host, good for several requests one after the other."""

    def execute(self, request: ProbeRequest, max_output_bytes: int) -> Answer:
        """Run `request.command` with `request.script` on its standard input, bounded by the host's deadline.

        Raises NotReached when not one byte came home; otherwise the Answer says how the stream ended.
        """
        ...
