"""The words of every way not to reach a host, shared by the transports and the per-host boundary."""

import errno
import socket

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.host import NotObserved, Phase, Reason

SICK = "the host accepts connections but cannot start a login: out of pids or memory? (or MaxStartups)"
MUTE = "the host logs in but runs nothing: its shell or its home may be blocked on storage; look from the console"

_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_CLOSED = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN, errno.ESHUTDOWN}


def out_of_time(deadline: Deadline) -> NotObserved:
    """What a deadline cut, told by the phase it was in."""
    phase, within = deadline.phase, f"within {deadline.timeout_s:g} s"
    if phase == "connect":
        return connect_timeout(f"no answer to the connection request {within}")
    if phase == "handshake":
        return silent_listener(f"the port accepts, but sent no SSH banner {within}")
    if phase == "login":
        return login_hung(f"SSH answers, but the login brought not one byte {within}")
    doing = {"lookup": "looking up the name", "probe": "the answer"}.get(phase, phase)
    return NotObserved(reason="deadline", phase=phase, detail=f"{doing} did not end {within}", hint="raise --timeout?")


def connect_timeout(detail: str) -> NotObserved:
    """Nobody answers at the address: down, or a firewall that drops."""
    return NotObserved(
        reason="connect-timeout",
        phase="connect",
        detail=detail,
        hint="host down, wrong address, or a firewall drops the packets",
    )


def silent_listener(detail: str) -> NotObserved:
    """The kernel accepted, the daemon never spoke: stopped, blocked, or no sshd at all."""
    return NotObserved(
        reason="silent-listener",
        phase="handshake",
        detail=detail,
        hint="is it sshd that listens there? If so, it is stopped or blocked",
        suspicion=Severity.WARNING,
    )


def login_hung(detail: str) -> NotObserved:
    """Everything below answers, the login does not."""
    return NotObserved(reason="login-hung", phase="login", detail=detail, hint=MUTE, suspicion=Severity.CRITICAL)


def closed_before_login(detail: str, phase: Phase = "handshake") -> NotObserved:
    """Accepted and then dropped: sshd cannot fork, or refuses (MaxStartups, DenyUsers, a firewall)."""
    return NotObserved(reason="closed-before-login", phase=phase, detail=detail, hint=SICK, suspicion=Severity.CRITICAL)


def cannot_fork(detail: str) -> NotObserved:
    """Logged in, but sshd could not start the command."""
    return NotObserved(
        reason="cannot-fork",
        phase="login",
        detail=detail,
        hint="sshd could not fork for this user: out of pids?",
        suspicion=Severity.CRITICAL,
    )


def host_key_unknown(detail: str, hint: str) -> NotObserved:
    """Nothing in known_hosts speaks for this key."""
    return NotObserved(reason="host-key-unknown", phase="handshake", detail=detail, hint=hint)


def host_key_changed(detail: str, hint: str) -> NotObserved:
    """Something in known_hosts speaks against this key."""
    return NotObserved(reason="host-key-changed", phase="handshake", detail=detail, hint=hint)


def auth_failed(detail: str, hint: str = "") -> NotObserved:
    """The host is well and does not let us in."""
    return NotObserved(reason="auth-failed", phase="login", detail=detail, hint=hint)


def name_not_found(name: str, said: str) -> NotObserved:
    """The resolver knows no address."""
    return NotObserved(
        reason="name-not-found", phase="lookup", detail=f"{name}: {said}", hint="set hostname in the inventory"
    )


def ssh_failed(phase: Phase, detail: str, hint: str = "") -> NotObserved:
    """SSH said something else."""
    return NotObserved(reason="ssh-failed", phase=phase, detail=detail, hint=hint)


def of_os_error(error: OSError, phase: Phase, where: str = "") -> NotObserved:
    """A socket's own words, as a reason."""
    said = f"{where}: {error.strerror or error}" if where else str(error.strerror or error)
    if isinstance(error, socket.gaierror):
        return name_not_found(where, error.strerror or str(error))
    if isinstance(error, ConnectionRefusedError):
        return NotObserved(
            reason="connection-refused", phase="connect", detail=said, hint="nothing listens there: sshd down?"
        )
    if error.errno in _NO_ROUTE:
        return NotObserved(reason="no-route", phase="connect", detail=said, hint="host down, or no network to it")
    if isinstance(error, TimeoutError):
        return connect_timeout(said)
    if error.errno in _CLOSED:
        return closed_before_login(said, phase)
    return ssh_failed(phase, said)


def named(reason: Reason, phase: Phase, detail: str, hint: str = "") -> NotObserved:
    """A reason without words of its own."""
    return NotObserved(reason=reason, phase=phase, detail=detail, hint=hint)
