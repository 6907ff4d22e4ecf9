"""What ssh says on stderr at LogLevel DEBUG1 (LC_ALL=C): the phase it is in, and in the end the reason it failed.

    debug1: Connecting to 127.0.0.1 [127.0.0.1] port 22.
    debug1: Connection established.
    debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1
    Authenticated to 127.0.0.1 ([127.0.0.1]:22) using "publickey".

After `Authenticated` the host's own stderr is mixed in. It can then only worsen its own words, so only lines from
before it decide about keys and logins.
"""

import re
from collections import deque
from collections.abc import Callable

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.intake import Intake
from nornir_hygiene.models.host import NotObserved, Phase

_PHASES: tuple[tuple[bytes, Phase], ...] = (
    (b"debug1: Connecting to ", "connect"),
    (b"debug1: Executing proxy command", "connect"),
    (b"debug1: Connection established", "handshake"),
    (b"debug1: Remote protocol version", "login"),
    (b"debug1: mux_client_request_session", "login"),
)
_LOGGED_IN = (b"Authenticated to ", b"debug1: mux_client_request_session: master session id")
_EXITED = re.compile(rb"debug1: (client_input_channel_req: channel \d+ rtype exit-status|Exit status \d)")
_STATISTICS = (b"Transferred: sent ", b"Bytes per second: ")
_LONGEST_LINE = 16 * 1024
_LAST_WORDS = 40

Explain = Callable[[str], NotObserved]


class OpensshLog:
    """Fed with stderr as it comes; passes on to `intake` what is the host's."""

    def __init__(self, deadline: Deadline, intake: Intake, *, has_password: bool) -> None:
        self._deadline = deadline
        self._intake = intake
        self._has_password = has_password
        self._rest = b""
        self._said: deque[str] = deque(maxlen=_LAST_WORDS)
        self._shown_key = ""
        self.logged_in = False
        self.command_ended = False

    def feed(self, chunk: bytes) -> None:
        """Any piece of the stream."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[-_LONGEST_LINE:]
        for line in lines:
            self._line(line.rstrip(b"\r"))

    def finish(self) -> None:
        """The stream is over; its last line may have no end."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""

    def why(self) -> NotObserved:
        """The reason behind exit status 255."""
        if self._deadline.expired:
            return reasons.out_of_time(self._deadline)
        text = "\n".join(self._said)
        for pattern, explain in _WORDS:
            found = re.search(pattern, text, re.MULTILINE)
            if found:
                return self._with_key(explain(found.group().strip()))
        if self.logged_in:
            return reasons.closed_before_login(f"logged in, then: {self._last()}", "login")
        return reasons.ssh_failed(self._deadline.phase, self._last())

    def _line(self, line: bytes) -> None:
        if _EXITED.search(line):
            self.command_ended = True
        if self.logged_in:
            self._after_login(line)
            return
        self.logged_in = line.startswith(_LOGGED_IN)
        for start, phase in _PHASES:
            if line.startswith(start):
                self._deadline.phase = phase
        if line.startswith(b"debug1: Server host key: "):
            self._shown_key = line.removeprefix(b"debug1: Server host key: ").decode("ascii", "replace")
        if not line.startswith(b"debug") or b": banner line 0: " in line:
            self._said.append(line.decode("utf-8", "replace"))

    def _after_login(self, line: bytes) -> None:
        # ssh's own words stand behind the host's where those had no end of line.
        hosts, ssh_speaks, _ = line.partition(b"debug1: ")
        if not hosts.startswith(_STATISTICS) and (hosts or not ssh_speaks):
            self._intake.stderr(hosts if ssh_speaks else hosts + b"\n")
            self._said.append(hosts.decode("utf-8", "replace"))

    def _last(self) -> str:
        return "; ".join(line for line in list(self._said)[-2:] if line.strip()) or "ssh ended without a word"

    def _with_key(self, why: NotObserved) -> NotObserved:
        if why.reason in ("host-key-unknown", "host-key-changed") and self._shown_key:
            return why.model_copy(update={"detail": f"{why.detail}; it shows {self._shown_key}"})
        if why.reason == "auth-failed" and self._has_password:
            hint = "transport openssh cannot use the password of the inventory; use a key, or transport: paramiko"
            return why.model_copy(update={"hint": hint})
        return why


def _changed(said: str) -> NotObserved:
    return reasons.host_key_changed(
        said, "if the host was reinstalled: ssh-keygen -R; otherwise somebody is in between"
    )


def _unknown(said: str) -> NotObserved:
    return reasons.host_key_unknown(said, "compare the fingerprint, then add the key to known_hosts (ssh-keyscan)")


def _refused(said: str) -> NotObserved:
    return reasons.named("connection-refused", "connect", said, "nothing listens there: sshd down?")


def _no_route(said: str) -> NotObserved:
    return reasons.named("no-route", "connect", said, "host down, or no network to it")


def _no_name(said: str) -> NotObserved:
    return reasons.named("name-not-found", "lookup", said, "set hostname in the inventory")


def _wrong(said: str) -> NotObserved:
    return reasons.named("wrong-settings", "lookup", said)


def _not_ssh(said: str) -> NotObserved:
    return reasons.ssh_failed("handshake", said, "does an SSH server listen at this port?")


# The first that matches counts; the detail is what matched.
_WORDS: tuple[tuple[str, Explain], ...] = (
    (r"^.*(Bad configuration option|keyword .* extra arguments|Can't open user config file).*$", _wrong),
    (r"^Offending .* key in .*$", _changed),
    (r"^.*(REMOTE HOST IDENTIFICATION HAS CHANGED|is marked as revoked).*$", _changed),
    (r"^No .* host key is known for .*$", _unknown),
    (r"^Host key verification failed.*$", _unknown),
    (r"^.*Could not resolve hostname.*$", _no_name),
    (r"^ssh: connect to host .*Connection refused.*$", _refused),
    (r"^ssh: connect to host .*(No route to host|Network is unreachable|Host is down).*$", _no_route),
    (r"^ssh: connect to host .*timed out.*$", reasons.connect_timeout),
    (r"^.*Too many authentication failures.*$", reasons.auth_failed),
    (r"^.*Permission denied \(.*$", reasons.auth_failed),
    (r"^.*(exec request failed on channel|channel 0: open failed).*$", reasons.cannot_fork),
    (r"(banner line 0: |No banner received|Protocol major versions differ|no matching ).*$", _not_ssh),
    (r"^.*Connection timed out during banner exchange.*$", reasons.silent_listener),
    (r"^(kex_exchange_identification|ssh_exchange_identification|banner exchange):.*$", reasons.closed_before_login),
    (
        r"^.*(Connection closed by|Connection reset by|Broken pipe|Connection to .* closed).*$",
        reasons.closed_before_login,
    ),
)
