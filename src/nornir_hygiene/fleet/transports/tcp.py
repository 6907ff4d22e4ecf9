"""Name lookup and connecting, bounded by the host's deadline."""

import contextlib
import socket
from typing import Any

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.host import NotObserved

Address = tuple[socket.AddressFamily, Any]


class Wire:
    """A TCP socket that a deadline can cut at any moment, from before it is connected until it is closed."""

    def __init__(self, family: socket.AddressFamily, deadline: Deadline) -> None:
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self._deadline = deadline
        deadline.register(self.cut)

    def cut(self) -> None:
        """Wake whoever reads or connects; the file descriptor stays theirs, so its number cannot be used again."""
        self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give everything back; may be called twice."""
        self._deadline.unregister(self.cut)
        with contextlib.suppress(OSError):
            self.cut()
        self.sock.close()


def connect(hostname: str, port: int, family: socket.AddressFamily, deadline: Deadline, limit_s: float | None) -> Wire:
    """A connection to the first address that takes it; each address gets its share of the time. Raises NotReached."""
    addresses = _lookup(hostname, port, family, deadline)
    deadline.phase = "connect"
    failures: list[tuple[str, OSError]] = []
    for index, address in enumerate(addresses):
        share_s = deadline.remaining_s / (len(addresses) - index)
        try:
            return _connect_one(address, deadline, min(share_s, limit_s or share_s))
        except OSError as error:
            failures.append((f"{address[1][0]} port {port}", error))
    raise NotReached(_first_of(failures))


def await_first_byte(wire: Wire, deadline: Deadline) -> None:
    """For a client that cannot tell silence from a closed door: an SSH server speaks first. Raises NotReached."""
    deadline.phase = "handshake"
    wire.sock.settimeout(max(deadline.remaining_s, 0.001))
    try:
        spoke = wire.sock.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        raise NotReached(reasons.out_of_time(deadline)) from None
    except OSError:
        spoke = b""
    if not spoke:
        cut = deadline.expired
        closed = reasons.closed_before_login("the host closed the connection before its SSH banner")
        raise NotReached(reasons.out_of_time(deadline) if cut else closed)


def _lookup(hostname: str, port: int, family: socket.AddressFamily, deadline: Deadline) -> list[Address]:
    deadline.phase = "lookup"
    try:
        found = socket.getaddrinfo(hostname, port, family, socket.SOCK_STREAM)
    except OSError as error:
        raise NotReached(reasons.name_not_found(hostname, error.strerror or str(error))) from None
    except UnicodeError:  # the idna codec: a label is empty or longer than 63 characters
        raise NotReached(reasons.name_not_found(hostname, "not a possible host name")) from None
    return list(dict.fromkeys((entry[0], entry[4]) for entry in found))


def _connect_one(address: Address, deadline: Deadline, timeout_s: float) -> Wire:
    family, endpoint = address
    wire = Wire(family, deadline)
    try:
        wire.sock.settimeout(max(timeout_s, 0.001))  # zero would mean non-blocking
        wire.sock.connect(endpoint)
        # Handshake packets are small and answered one by one: Nagle would hold each back for the last one's ACK.
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        wire.close()
        raise
    return wire


def _first_of(failures: list[tuple[str, OSError]]) -> NotObserved:
    where, error = failures[0]
    first = reasons.of_os_error(error, "connect", where)
    others = [f"{place}: {problem.strerror or problem}" for place, problem in failures[1:4]]
    return first.model_copy(update={"detail": "; ".join([first.detail, *others])})
