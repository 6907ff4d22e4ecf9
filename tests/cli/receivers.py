"""Real receivers of messages on the loopback: a mail server and a webhook, which keep what they were sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.cli.command import closed_port

SECRET = "s3cr3t-7Qx"


@dataclass
class Webhook:
    """`got`: the JSON documents it was sent. `status`: what it answers."""

    port: int
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    @property
    def url(self) -> str:
        return f"json://anna:{SECRET}@127.0.0.1:{self.port}/{SECRET}"


@dataclass
class Mailbox:
    """`got`: each mail as it came, envelope left out."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.url_with(SECRET)

    def url_with(self, password: str) -> str:
        return f"mailto://anna:{password}@127.0.0.1:{self.port}?from=nr@example.org&to=ops@example.org&mode=insecure"


@contextmanager
def webhook() -> Iterator[Webhook]:
    hook = Webhook(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Asks for the password SECRET."""
    # Its controller looks whether it answers at the port it was given: 0 will not do.
    box = Mailbox(closed_port())

    class Handler:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            box.got.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
            return "250 OK"

    def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        success = isinstance(given, LoginPassword) and given.password == SECRET.encode()
        return AuthResult(success=success, handled=success)  # a refusal is not answered yet

    controller = Controller(
        Handler(), hostname="127.0.0.1", port=box.port, authenticator=login, auth_require_tls=False, auth_required=True
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
