import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.fleet.transports import TRANSPORTS
from nornir_hygiene.fleet.transports.connection import load_plugin
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.settings import HostSettings
from tests.fleet.asking import answer_of, ask, own_sockets, request, settles
from tests.fleet.loopback import Sshd, bytes_of_every_sort, children

every_transport = pytest.mark.parametrize("transport", TRANSPORTS)
exec_transport = pytest.mark.parametrize("transport", ["paramiko", "openssh"])


@every_transport
def test_every_transport_of_the_table_is_a_plugin_that_can_be_set(transport: str) -> None:
    plugin = load_plugin(TRANSPORTS[transport])
    assert all(callable(getattr(plugin, method)) for method in ("open", "close", "execute"))
    assert HostSettings.model_validate({"transport": transport}).transport == transport


@every_transport
def test_300_kb_of_every_byte_come_home_as_they_were(sshd: Sshd, transport: str) -> None:
    sent = bytes_of_every_sort(300_000)
    answer = answer_of(sshd, request(sent, command="cat"), transport=transport)
    assert answer.stdout == sent
    assert (answer.exit_status, answer.ended) == (0, "closed")


@every_transport
def test_exit_status_and_the_tail_of_stderr_come_home(sshd: Sshd, transport: str) -> None:
    script = "echo seen; head -c 300000 /dev/zero | tr '\\0' e >&2; printf 'the end' >&2; exit 7"
    answer = answer_of(sshd, request(script), transport=transport)
    assert answer.stdout == b"seen\n"
    assert answer.exit_status == 7
    assert answer.stderr_tail.rstrip(b"\n").endswith(b"eeethe end")
    assert len(answer.stderr_tail) <= 4096


@every_transport
def test_a_command_without_output_is_an_answer(sshd: Sshd, transport: str) -> None:
    answer = answer_of(sshd, request("exit 3"), transport=transport)
    assert (answer.stdout, answer.exit_status, answer.ended) == (b"", 3, "closed")


@every_transport
def test_reading_stops_at_the_limit(sshd: Sshd, transport: str) -> None:
    script = "yes x | head -c 50000000"
    answer = answer_of(sshd, request(script), transport=transport, max_output_bytes=65536)
    assert answer.ended == "limit"
    assert answer.stdout == b"x\n" * 32768


@every_transport
def test_output_of_exactly_the_limit_is_whole(sshd: Sshd, transport: str) -> None:
    answer = answer_of(sshd, request("yes x | head -c 65536"), transport=transport, max_output_bytes=65536)
    assert (len(answer.stdout), answer.ended) == (65536, "closed")


@exec_transport
def test_a_large_script_and_a_large_output_do_not_wait_for_each_other(sshd: Sshd, transport: str) -> None:
    sent = bytes_of_every_sort(6_000_000)  # more than any window or pipe between here and there
    assert answer_of(sshd, request(sent, command="cat"), transport=transport).stdout == sent


@every_transport
def test_a_script_nobody_reads_does_not_hang(sshd: Sshd, transport: str) -> None:
    answer = answer_of(sshd, request(b"x" * 6_000_000, command="echo early"), transport=transport)
    assert answer.stdout == b"early\n"


@exec_transport
def test_what_came_before_the_deadline_is_kept(sshd: Sshd, transport: str) -> None:
    answer = answer_of(sshd, request(f"echo begun; {sshd.sleep()}"), timeout_s=6.0, transport=transport)
    assert (answer.stdout, answer.ended, answer.exit_status) == (b"begun\n", "deadline", None)


@every_transport
def test_much_output_before_the_deadline_is_kept(sshd: Sshd, transport: str) -> None:
    script = f"yes 0123456 | head -c 100000; {sshd.sleep()}"
    answer = answer_of(sshd, request(script), timeout_s=6.0, transport=transport)
    assert answer.ended == "deadline"
    assert len(answer.stdout) >= 60_000
    assert (b"0123456\n" * 12500).startswith(answer.stdout)


@exec_transport
def test_a_host_that_never_stops_talking_ends_at_the_deadline(sshd: Sshd, transport: str) -> None:
    begun = time.monotonic()
    answer = answer_of(
        sshd, request("echo begun; yes flood >&2"), timeout_s=6.0, transport=transport, max_output_bytes=70_000
    )
    assert time.monotonic() - begun < 20
    assert (answer.stdout, answer.ended) == (b"begun\n", "deadline")
    assert len(answer.stderr_tail) <= 4096


@exec_transport
def test_a_login_without_a_byte_is_a_critical_suspicion(sshd: Sshd, transport: str) -> None:
    came = ask(sshd.host(), sshd.settings(transport=transport), request(sshd.sleep()), timeout_s=6.0)
    assert isinstance(came, NotObserved)
    assert (came.reason, came.phase, came.suspicion) == ("login-hung", "login", "critical")


@every_transport
def test_nothing_stays_open_after_an_exchange(sshd: Sshd, transport: str) -> None:
    host, before = sshd.host(), own_sockets()
    assert isinstance(ask(host, sshd.settings(transport=transport), request("echo x")), Answer)
    assert host.connections == {}
    assert settles(lambda: own_sockets() <= before)
    assert settles(lambda: not children(sshd.pid))


@every_transport
def test_nothing_stays_open_after_a_deadline(sshd: Sshd, transport: str) -> None:
    host, before = sshd.host(), own_sockets()
    ask(host, sshd.settings(transport=transport), request(sshd.sleep()), timeout_s=6.0)
    assert host.connections == {}
    assert settles(lambda: own_sockets() <= before)


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A short path: control sockets have at most 107 characters, and pytest's own folders grow with each session."""
    with tempfile.TemporaryDirectory(prefix="nr") as folder:
        yield Path(folder)


def test_a_shared_connection_is_used_again_and_goes_when_told(
    sshd: Sshd, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for expected in (b"one\n", b"two\n"):
        answer = answer_of(sshd, request(f"echo {expected.decode()}"), transport="openssh", multiplex_s=1)
        assert (answer.stdout, answer.exit_status, answer.ended) == (expected, 0, "closed")
    (folder,) = runtime.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(list(folder.iterdir())) == 1
    assert settles(lambda: not list(folder.iterdir()), within_s=10)
