"""For hosts that only give an interactive shell: through nornir-netmiko, with our socket, our keys and our deadline.

Netmiko logs in and opens the terminal. Its prompt detection is left out: it waits in fixed sleeps for something that
looks like a prompt, and a greeting can look like one. The exchange itself (shell_talk) has markers of its own.
"""

import contextlib
import select
import threading
from typing import TYPE_CHECKING, Any

import paramiko
from nornir.core.configuration import Config
from paramiko.ssh_exception import IncompatiblePeer

from nornir_hygiene.fleet.deadline import WITHOUT_DEADLINE_S, Deadline, current_deadline
from nornir_hygiene.fleet.transports import reasons, tcp
from nornir_hygiene.fleet.transports.destination import Destination, destination
from nornir_hygiene.fleet.transports.known_hosts import HostKeys
from nornir_hygiene.fleet.transports.paramiko_auth import USUAL_KEYS, Credentials, explicit_key
from nornir_hygiene.fleet.transports.paramiko_ssh import FAST_KEX, no_handshake
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.fleet.transports.shell_talk import Ended, Rejected, ShellTalk
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved

if TYPE_CHECKING:
    from nornir_netmiko.connections import Netmiko

_CHUNK = 64 * 1024
_JOIN_S = 1.0


class NetmikoTransport:
    """A Nornir connection plugin; `connection` is the plugin itself, a Transport. Good for one request."""

    def __init__(self) -> None:
        self._deadline = current_deadline() or Deadline(WITHOUT_DEADLINE_S)
        self._wire: tcp.Wire | None = None
        self._netmiko: Netmiko | None = None
        self._policy: _Strict | None = None
        self._ssh: paramiko.Transport | None = None

    @property
    def connection(self) -> "NetmikoTransport":
        """Nornir hands this out."""
        return self

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,  # noqa: ARG002  # Nornir's signature; here every host is a shell
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002  # Nornir's signature
    ) -> None:
        """Look up, connect, shake hands, log in, open a terminal. Raises NotReached."""
        to = destination(hostname, username, password, port, extras)
        try:
            self._wire = tcp.connect(to.way.hostname, to.port, to.way.family, self._deadline, to.way.connect_timeout_s)
            self._log_in(to, self._wire)
        except BaseException:
            self.close()
            raise

    def execute(self, request: ProbeRequest, max_output_bytes: int) -> Answer:
        """See Transport."""
        if self._netmiko is None:
            raise RuntimeError("execute before open")
        talk = ShellTalk(request, max_output_bytes)
        channel: paramiko.Channel = self._netmiko.connection.remote_conn
        try:
            ended = self._converse(channel, talk)
        except Rejected as error:
            raise NotReached(reasons.ssh_failed("login", str(error), "set transport: paramiko or openssh")) from None
        if not talk.begun and ended != "closed":
            raise NotReached(self._mute(talk, ended))
        return talk.answer(ended)

    def close(self) -> None:
        """May be called twice, and after a failed open."""
        if self._netmiko is not None:
            self._netmiko.connection.paramiko_cleanup()  # first: `disconnect` alone would wait for a prompt
            self._netmiko.connection.disconnect()
            self._netmiko = None
        if self._wire is not None:
            self._wire.close()
        if self._ssh is not None:
            self._ssh.join(_JOIN_S)

    def _log_in(self, to: Destination, wire: tcp.Wire) -> None:
        from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException
        from nornir_netmiko.connections import Netmiko

        tcp.await_first_byte(wire, self._deadline)
        self._deadline.phase = "login"
        plugin = Netmiko()
        login = to.credentials
        plugin.open(to.way.hostname, login.user, login.password, to.port, None, self._extras(to, wire))
        self._netmiko = plugin
        plugin.connection.key_policy = self._policy = _Strict(to.keys)
        try:
            plugin.connection.establish_connection()
        except NetmikoAuthenticationException as error:
            raise NotReached(self._no_login(to, error)) from None
        except (NetmikoTimeoutException, paramiko.SSHException, OSError, EOFError) as error:
            raise NotReached(self._no_connection(to, error)) from None
        self._ssh = plugin.connection.remote_conn_pre.get_transport()

    def _extras(self, to: Destination, wire: tcp.Wire) -> dict[str, Any]:
        """Netmiko's own settings. Our policy checks every key, so it is to load no known_hosts file itself."""
        remaining_s = max(self._deadline.remaining_s, 0.001)
        login = to.credentials
        key = _key_for(login)
        by_agent = login.password is None and (login.identity_file is None or key is None)
        return {
            "device_type": "linux",
            "auto_connect": False,
            "sock": wire.sock,
            "ssh_strict": True,
            "pkey": key,
            "use_keys": False,  # would try every usual key file; we name one
            "allow_agent": by_agent and login.use_agent,
            "conn_timeout": remaining_s,
            "banner_timeout": remaining_s,
            "auth_timeout": remaining_s,
            "blocking_timeout": remaining_s,
            "disabled_algorithms": {"kex": _slow_kex(), "keys": to.keys.useless_algorithms(_KEY_TYPES)},
        }

    def _converse(self, channel: paramiko.Channel, talk: ShellTalk) -> Ended:
        _feed(channel, talk.opening())
        poll = select.poll()  # not select: a fleet has more than 1024 file descriptors
        poll.register(channel.fileno(), select.POLLIN)
        asked = False
        while not talk.done:
            if talk.full:
                return "limit"
            if self._deadline.expired:
                return "deadline"
            if channel.recv_ready():
                talk.feed(channel.recv(_CHUNK))
            elif channel.eof_received or channel.closed:
                return "lost"
            else:
                poll.poll(self._deadline.remaining_s * 1000)
            if talk.ready and not asked:
                asked = True
                self._deadline.phase = "probe"  # the shell has answered; base64 on the host holds small output back
                _send(channel, talk.body())
        return "closed"

    def _mute(self, talk: ShellTalk, ended: Ended) -> NotObserved:
        if ended == "deadline":
            return reasons.out_of_time(self._deadline)
        what = "closed its terminal before the answer" if talk.ready else "closed its terminal at once"
        return reasons.closed_before_login(f"logged in, then the host {what}", "login")

    def _no_login(self, to: Destination, error: Exception) -> NotObserved:
        if self._deadline.expired:
            return reasons.out_of_time(self._deadline)
        detail = str(error.__context__ or error)
        if "EOF" in detail:  # paramiko's words for a connection that ended during the login
            return reasons.closed_before_login("closed by the host during the login", "login")
        return reasons.auth_failed(f"user {to.credentials.user}: {detail}", "is this key or password the right one?")

    def _no_connection(self, to: Destination, error: Exception) -> NotObserved:
        cause = error.__context__ if isinstance(error.__context__, Exception) else error
        if isinstance(cause, IncompatiblePeer) and "host key" in str(cause):
            return to.keys.none_of(str(cause))
        if isinstance(cause, paramiko.ChannelException):
            return reasons.cannot_fork(f"logged in, but the host refused a terminal: {cause.text}")
        known = self._policy is not None and self._policy.passed
        if known and isinstance(cause, OSError | EOFError) and not self._deadline.expired:
            return reasons.closed_before_login("closed by the host during the login", "login")
        return no_handshake(cause, self._deadline, spoke=True)


class _Strict(paramiko.MissingHostKeyPolicy):
    """Called with every key, because the client knows none; it speaks before any secret is sent."""

    def __init__(self, keys: HostKeys) -> None:
        self._keys = keys
        self.passed = False

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        """Raises NotReached, which netmiko lets pass."""
        self._keys.check(key.get_name(), key.asbytes())
        self.passed = True


def _send(channel: paramiko.Channel, body: bytes) -> None:
    # In a thread: a terminal takes 4 KiB at a time, and the answer may begin before the script is read.
    threading.Thread(target=_feed, args=(channel, body), daemon=True).start()


def _feed(channel: paramiko.Channel, body: bytes) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.sendall(body)


def _key_for(login: Credentials) -> paramiko.PKey | None:
    """The first that is there; None leaves it to the agent or the password."""
    if login.identity_file is not None:
        return explicit_key(login.identity_file)
    usual = USUAL_KEYS if login.password is None else ()
    there = (path for path in (login.identity_files or usual) if path.expanduser().exists())
    return next((key for key in map(explicit_key, there) if key is not None), None)


# Netmiko takes no order of algorithms, only what to leave out; paramiko tells what there is nowhere else.
_KEX: tuple[str, ...] = paramiko.Transport._preferred_kex  # type: ignore[attr-defined]  # noqa: SLF001
_KEY_TYPES: tuple[str, ...] = paramiko.Transport._preferred_keys  # type: ignore[attr-defined]  # noqa: SLF001


def _slow_kex() -> list[str]:
    return [name for name in _KEX if name not in FAST_KEX] if set(FAST_KEX) & set(_KEX) else []
