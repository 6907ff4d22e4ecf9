"""What came back from one exec of the probe, before anybody looked into it."""

from typing import Literal

from pydantic import ConfigDict

from nornir_hygiene.models.frozen import Frozen


class ProbeRequest(Frozen):
    """One exec: `command` is run by the login shell, `script` is its standard input, `nonce` marks the sections."""

    command: str
    script: bytes
    nonce: str


class Answer(Frozen):
    """Raw bytes of one exec, bounded. `ended` says how the stream came to its end.

    closed: the command ended and its output is whole. deadline: our side stopped waiting. limit: our side stopped
    reading at `max_output_bytes`. lost: the connection broke.
    """

    # In JSON the bytes are base64: what a host sent need not be text.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    stdout: bytes
    stderr_tail: bytes = b""
    exit_status: int | None = None
    ended: Literal["closed", "deadline", "limit", "lost"] = "closed"
