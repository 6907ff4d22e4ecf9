"""One exec of the probe: what the login shell is told, and what it gets on standard input."""

import secrets
from functools import cache
from importlib.resources import files

from nornir_hygiene.models.answer import ProbeRequest
from nornir_hygiene.models.settings import HostSettings

# What connecting and the way back may take of the host's deadline; the rest is the probe's.
_SSH_SHARE_S = 2.0


@cache
def probe_script() -> bytes:
    """The constant text of the probe."""
    return files("nornir_hygiene.collect").joinpath("probe.sh").read_bytes()


def probe_request(settings: HostSettings, remaining_s: float) -> ProbeRequest:
    """A request with a fresh nonce; the probe gives up on its own side within `remaining_s`."""
    nonce = secrets.token_hex(16)
    total_ms = max(1000, int((remaining_s - _SSH_SHARE_S) * 1000))
    pass_ms = min(total_ms, int(settings.pass_deadline_s * 1000))
    # exec: no second shell stays in between. Plain words only: the login shell may be csh or fish.
    sudo = "sudo -n " if settings.sudo else ""
    command = f"exec {sudo}/bin/sh -s -- {nonce} {pass_ms} {total_ms}"
    return ProbeRequest(command=command, script=probe_script(), nonce=nonce)
