"""Logging in with paramiko: what was asked for, in that order, and nothing hunted for.

identity_file of the settings, else the password of the inventory, else the identity files of ssh_config, else the
agent, else the usual key files. Servers close after six wrong keys (MaxAuthTries), so the order is the matter.
"""

import contextlib
import functools
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import paramiko
from paramiko.agent import AgentSSH

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.known_hosts import fingerprint
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.host import NotObserved

USUAL_KEYS = (Path("~/.ssh/id_ed25519"), Path("~/.ssh/id_ecdsa"), Path("~/.ssh/id_rsa"))


class Credentials(NamedTuple):
    """`identity_file` excludes every other key; `identity_files` are those of ssh_config."""

    user: str
    password: str | None = None
    identity_file: Path | None = None
    identity_files: tuple[Path, ...] = ()
    use_agent: bool = True
    identities_only: bool = False


Attempt = tuple[str, Callable[[], object]]


def log_in(transport: paramiko.Transport, credentials: Credentials, deadline: Deadline) -> None:
    """Raises NotReached(auth-failed) telling what was tried, and what the host accepts."""
    _Login(transport, credentials, deadline).run()


class _Login:
    """One login. `tried` and `notes` become the words of the refusal."""

    def __init__(self, transport: paramiko.Transport, credentials: Credentials, deadline: Deadline) -> None:
        self._transport = transport
        self._with = credentials
        self._deadline = deadline
        self._tried: list[str] = []
        self._notes: list[str] = []
        self._allowed: set[str] = set()
        self._agent: _Agent | None = None

    def run(self) -> None:
        try:
            for label, attempt in self._attempts():
                if self._accepted(label, attempt):
                    return
        finally:
            if self._agent is not None:
                self._agent.close()
        raise NotReached(self._refusal())

    def _accepted(self, label: str, attempt: Callable[[], object]) -> bool:
        self._transport.auth_timeout = self._deadline.remaining_s
        try:
            attempt()
        except paramiko.BadAuthenticationType as error:
            self._allowed = set(error.allowed_types)
        except (paramiko.SSHException, OSError, EOFError) as error:
            if self._deadline.expired or not self._transport.is_active():
                raise NotReached(self._cut_off(label, error)) from None
        self._tried.append(label)
        return self._transport.is_authenticated()

    def _cut_off(self, label: str, error: Exception) -> NotObserved:
        if self._agent is not None and self._agent.asked:
            return _agent_silent()
        if self._deadline.expired:
            return reasons.out_of_time(self._deadline)
        if not isinstance(error, paramiko.AuthenticationException | OSError | EOFError):
            return reasons.auth_failed(f"{label}: {error}")
        if self._tried:
            hint = "too many keys? set identity_file, or IdentitiesOnly in ssh_config"
            return reasons.auth_failed(f"closed by the host after {', '.join(self._tried)}", hint)
        return reasons.closed_before_login("closed by the host during the login", "login")

    def _attempts(self) -> Iterator[Attempt]:
        wanted = self._with
        if wanted.identity_file is not None:
            yield from self._by_file(wanted.identity_file, required=True)
        if wanted.password is not None:
            yield "password", lambda: self._transport.auth_password(wanted.user, wanted.password or "")
        if wanted.identity_file is not None:
            return
        for path in wanted.identity_files:
            yield from self._by_file(path, required=False)
        if wanted.use_agent and not wanted.identities_only:
            yield from self._by_agent(None)
        if not wanted.identity_files:
            for path in USUAL_KEYS:
                yield from self._by_file(path, required=False)

    def _by_file(self, path: Path, *, required: bool) -> Iterator[Attempt]:
        try:
            key = _key(path.expanduser())
        except FileNotFoundError:
            if required:
                detail = f"identity file {path} does not exist"
                raise NotReached(reasons.named("wrong-settings", "login", detail)) from None
        except paramiko.PasswordRequiredException:
            self._notes.append(f"{path} is encrypted: ssh-add {path}")
            if self._with.use_agent:
                yield from self._by_agent(_public_blob(path.expanduser()))
        except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
            self._notes.append(f"{path} cannot be read: {error}")
        else:
            yield self._publickey(f"key {path}", key)

    def _by_agent(self, only: bytes | None) -> Iterator[Attempt]:
        for key in self._agent_keys():
            if only is None or key.asbytes() == only:
                yield self._publickey(f"agent key {fingerprint(key.asbytes())}", key)

    def _publickey(self, label: str, key: paramiko.PKey) -> Attempt:
        return label, lambda: self._transport.auth_publickey(self._with.user, key)

    def _agent_keys(self) -> tuple[paramiko.PKey, ...]:
        address = os.environ.get("SSH_AUTH_SOCK")
        if self._agent is None and address:
            try:
                self._agent = _Agent(address, self._deadline)
            except TimeoutError:
                raise NotReached(_agent_silent()) from None
            except (OSError, paramiko.SSHException) as error:
                self._notes.append(f"no agent: {error}")
        return self._agent.get_keys() if self._agent is not None else ()

    def _refusal(self) -> NotObserved:
        tried = ", ".join(self._tried) or "nothing: no key, no agent, no password"
        accepts = f"; the host accepts {', '.join(sorted(self._allowed))}" if self._allowed else ""
        hint = "; ".join(self._notes) or "is this key in the user's authorized_keys?"
        return reasons.auth_failed(f"user {self._with.user}, tried {tried}{accepts}", hint)


class _Agent(AgentSSH):
    """The user's agent behind a socket that the deadline can cut: agents may wait for a touch or a PIN.

    `asked` is true while it owes an answer.
    """

    def __init__(self, address: str, deadline: Deadline) -> None:
        super().__init__()
        self.asked = False
        self._deadline = deadline
        self._sock = socket.socket(socket.AF_UNIX)
        deadline.register(self._cut)
        try:
            self._sock.settimeout(max(deadline.remaining_s, 0.001))
            self._sock.connect(address)
            self._connect(self._sock)  # type: ignore[attr-defined]  # the stubs leave out what Agent itself calls
        except (OSError, paramiko.SSHException):
            self.close()
            raise

    def close(self) -> None:
        self._deadline.unregister(self._cut)
        with contextlib.suppress(OSError):
            self._cut()  # wakes paramiko's thread, if it waits for a signature
        self._sock.close()

    def _send_message(self, msg: Any) -> Any:
        self.asked = True
        answer = super()._send_message(msg)  # type: ignore[misc]  # left out by the stubs
        self.asked = False
        return answer

    def _cut(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)


def _agent_silent() -> NotObserved:
    return reasons.auth_failed("this machine's ssh-agent did not answer in time", "does it wait for a touch or a PIN?")


def explicit_key(path: Path) -> paramiko.PKey | None:
    """The key somebody named; None if it is encrypted. Raises NotReached when there is none."""
    try:
        return _key(path.expanduser())
    except paramiko.PasswordRequiredException:
        return None
    except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
        detail = f"identity file {path}: {error}"
        raise NotReached(reasons.named("wrong-settings", "login", detail)) from None


def _key(path: Path) -> paramiko.PKey:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("not a regular file")
    return _load_key(path, status.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _load_key(path: Path, _mtime_ns: int) -> paramiko.PKey:
    """One load for a whole fleet: an RSA key costs tens of milliseconds to check."""
    try:
        return paramiko.PKey.from_path(path)
    except TypeError as error:  # what cryptography says of an encrypted PEM file without a password
        raise paramiko.PasswordRequiredException(str(error)) from None


def _public_blob(path: Path) -> bytes | None:
    try:
        return paramiko.pkey.PublicBlob.from_file(f"{path}.pub").key_blob
    except (OSError, ValueError):
        return None
