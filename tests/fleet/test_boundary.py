import errno
import socket
from collections.abc import Callable

import pytest

from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.boundary import observed_or_why
from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.models.host import NotObserved, Phase


def why(error: BaseException, phase: Phase = "connect", deadline: Deadline | None = None) -> NotObserved:
    at = deadline or Deadline(10.0)
    at.phase = phase

    def work() -> None:
        raise error

    came = observed_or_why(work, at)
    assert isinstance(came, NotObserved)
    return came


def test_what_was_observed_is_handed_through() -> None:
    assert observed_or_why(lambda: 7, Deadline(1.0)) == 7


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection-refused"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no-route"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no-route"),
        (TimeoutError("timed out"), "connect-timeout"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name-not-found"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "closed-before-login"),
        (UsageError("no such thing"), "wrong-settings"),
        (ZeroDivisionError("division by zero"), "bug"),
    ],
)
def test_every_exception_has_its_reason(error: BaseException, reason: str) -> None:
    assert why(error).reason == reason


def test_a_bug_says_what_and_where() -> None:
    def broken() -> None:
        {}["missing"]  # type: ignore[index]

    came = observed_or_why(broken, Deadline(1.0))
    assert isinstance(came, NotObserved)
    assert came.reason == "bug"
    assert "KeyError: 'missing' at fleet/test_boundary.py:" in came.detail


def test_an_ssh_library_s_error_is_no_bug_of_ours() -> None:
    import paramiko

    assert why(paramiko.SSHException("strange packet")).reason == "ssh-failed"


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        ("lookup", "deadline"),
        ("connect", "connect-timeout"),
        ("handshake", "silent-listener"),
        ("login", "login-hung"),
        ("probe", "deadline"),
        ("parse", "bug"),
    ],
)
def test_after_the_deadline_the_phase_gives_the_reason(phase: Phase, reason: str) -> None:
    deadline = Deadline(10.0)
    deadline.expire()
    assert why(ValueError("cut"), phase, deadline).reason == reason


def test_a_file_that_is_missing_while_parsing_is_a_bug_not_a_host() -> None:
    made: Callable[[], OSError] = lambda: FileNotFoundError(errno.ENOENT, "No such file")  # noqa: E731
    assert why(made(), "parse").reason == "bug"
