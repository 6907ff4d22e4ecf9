"""Listeners that fail in one way each, on real sockets of the loopback. Each gives its port and is gone afterwards."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

BANNER = b"SSH-2.0-OpenSSH_9.2p1\r\n"

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def listener(serve: Serve) -> Iterator[int]:
    """Each connection is served in a thread of its own, and closed when the listener goes."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    taken.append(connection)
                    threading.Thread(target=_quietly, args=(serve, connection), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in taken:
                connection.close()


def _quietly(serve: Serve, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        serve(connection)


def silent() -> contextlib.AbstractContextManager[int]:
    """Accepts and never speaks."""
    return listener(lambda connection: None)


def closing() -> contextlib.AbstractContextManager[int]:
    """Accepts and closes at once, as an sshd that cannot fork."""
    return listener(lambda connection: connection.close())


def stuck_after_banner() -> contextlib.AbstractContextManager[int]:
    """Says it is sshd, and nothing more."""
    return listener(lambda connection: connection.sendall(BANNER))


def closing_after_banner() -> contextlib.AbstractContextManager[int]:
    """Says it is sshd, reads the client's first words, and closes."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(BANNER)
        connection.recv(4096)
        connection.close()

    return listener(serve)


def not_ssh() -> contextlib.AbstractContextManager[int]:
    """Something else listens at the port."""
    return listener(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n" * 2000))


@contextlib.contextmanager
def refusing() -> Iterator[int]:
    """Bound, so that nobody else takes it, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def dropping() -> Iterator[int]:
    """Does not answer the connection request: its queue is full, as behind a firewall that drops."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]
