"""The default transport: paramiko, one socket per host, strict host keys, nothing hunted for."""

import logging
import threading
from collections.abc import Iterable
from typing import Any

import paramiko
from nornir.core.configuration import Config

from nornir_hygiene.fleet.deadline import WITHOUT_DEADLINE_S, Deadline, current_deadline
from nornir_hygiene.fleet.transports import paramiko_auth, paramiko_exec, reasons, tcp
from nornir_hygiene.fleet.transports.destination import destination
from nornir_hygiene.fleet.transports.intake import Intake
from nornir_hygiene.fleet.transports.known_hosts import HostKeys
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved

# curve25519 costs a fifth of the post-quantum exchange; AES-GCM needs no separate HMAC in Python.
FAST_KEX = ("curve25519-sha256@libssh.org",)
_FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_JOIN_S = 1.0

# Without a handler Python prints paramiko's tracebacks on stderr; what they say is in the reason.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class ParamikoTransport:
    """A Nornir connection plugin; `connection` is the plugin itself, a Transport."""

    def __init__(self) -> None:
        self._deadline = current_deadline() or Deadline(WITHOUT_DEADLINE_S)
        self._wire: tcp.Wire | None = None
        self._ssh: paramiko.Transport | None = None

    @property
    def connection(self) -> "ParamikoTransport":
        """Nornir hands this out."""
        return self

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,  # noqa: ARG002  # Nornir's signature
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002  # Nornir's signature
    ) -> None:
        """Look up, connect, shake hands, log in. Raises NotReached."""
        to = destination(hostname, username, password, port, extras)
        try:
            self._wire = tcp.connect(to.way.hostname, to.port, to.way.family, self._deadline, to.way.connect_timeout_s)
            self._ssh = paramiko.Transport(self._wire.sock)
            self._shake_hands(self._ssh, to.keys)
            self._deadline.phase = "login"
            paramiko_auth.log_in(self._ssh, to.credentials, self._deadline)
        except BaseException:
            self.close()
            raise

    def execute(self, request: ProbeRequest, max_output_bytes: int) -> Answer:
        """See Transport."""
        if self._ssh is None:
            raise RuntimeError("execute before open")
        return paramiko_exec.run(self._ssh, request, Intake(max_output_bytes, self._deadline), self._deadline)

    def close(self) -> None:
        """May be called twice, and after a failed open."""
        if self._wire is not None:
            self._wire.close()
        if self._ssh is not None and self._ssh.ident is not None:
            self._ssh.close()
            self._ssh.join(_JOIN_S)  # at once: its socket is shut down

    def _shake_hands(self, ssh: paramiko.Transport, keys: HostKeys) -> None:
        options = ssh.get_security_options()
        options.kex = _first(FAST_KEX, options.kex)
        options.ciphers = _first(_FAST_CIPHERS, options.ciphers)
        options.key_types = keys.preferred_algorithms(options.key_types)
        self._deadline.phase = "handshake"
        ssh.banner_timeout = ssh.handshake_timeout = max(self._deadline.remaining_s, 0.001)
        done = threading.Event()
        ssh.start_client(event=done)  # with an event it does not poll, and ends when we say so
        done.wait(self._deadline.remaining_s)
        if not ssh.initial_kex_done:
            raise NotReached(no_handshake(ssh.get_exception(), self._deadline, spoke=bool(ssh.remote_version)))
        shown = ssh.get_remote_server_key()
        keys.check(shown.get_name(), shown.asbytes())


def no_handshake(error: Exception | None, deadline: Deadline, *, spoke: bool) -> NotObserved:
    """Why there is no SSH connection; `spoke` says whether the host's banner came."""
    if deadline.expired:
        deadline.phase = "login" if spoke else "handshake"
        return reasons.out_of_time(deadline)
    if isinstance(error, paramiko.SSHException) and _is_about_ssh(error, spoke=spoke):
        return reasons.ssh_failed("handshake", str(error), "does an SSH server listen at this port?")
    where = "during the key exchange" if spoke else "before its SSH banner"
    return reasons.closed_before_login(f"the host closed the connection {where}")


def _is_about_ssh(error: paramiko.SSHException, *, spoke: bool) -> bool:
    # paramiko packs every failure to read the banner, an EOF included, into this one sentence.
    return spoke or "Error reading SSH protocol banner" not in str(error)


def _first(wanted: tuple[str, ...], offered: Iterable[str]) -> list[str]:
    return sorted(offered, key=lambda name: name not in wanted)
