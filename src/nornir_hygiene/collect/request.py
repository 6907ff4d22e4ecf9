"""One exec of the probe: what the login shell is told, and what it gets on standard input."""

import secrets

from nornir_hygiene.collect.scripts import PROBE, script_of
from nornir_hygiene.models.answer import ProbeRequest
from nornir_hygiene.models.settings import HostSettings

# What connecting and the way back may take of the host's deadline; the rest is the probe's.
_SSH_SHARE_S = 2.0


def probe_script() -> bytes:
    """The constant text of the probe."""
    return script_of(PROBE)


# Instead of a pid: where does every process live (its cgroup)?
PLACES = 0


def probe_request(settings: HostSettings, remaining_s: float, look: int | None = None) -> ProbeRequest:
    """A request with a fresh nonce; the probe gives up on its own side within `remaining_s`.

    `look` is a pid that deserves the closer look in any case, or PLACES.
    """
    nonce = secrets.token_hex(16)
    total_ms = max(1000, int((remaining_s - _SSH_SHARE_S) * 1000))
    pass_ms = min(total_ms, int(settings.pass_deadline_s * 1000))
    # exec: no second shell stays in between. Plain words only: the login shell may be csh or fish.
    sudo = "sudo -n " if settings.sudo else ""
    asked = "" if look is None else f" {look:d}"
    command = f"exec {sudo}/bin/sh -s -- {nonce} {pass_ms} {total_ms}{asked}"
    return ProbeRequest(command=command, script=probe_script(), nonce=nonce)
