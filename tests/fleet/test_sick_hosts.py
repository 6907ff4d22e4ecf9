import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.fleet.transports import TRANSPORTS
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.settings import HostSettings
from tests.fleet import sick
from tests.fleet.asking import own_sockets, refusal_of, settles
from tests.fleet.loopback import Sshd, keygen

Listener = Callable[[], contextlib.AbstractContextManager[int]]

every_transport = pytest.mark.parametrize("transport", TRANSPORTS)


def settings_of(folder: Path, transport: str) -> HostSettings:
    (folder / "ssh_config").touch()
    (folder / "known_hosts").touch()
    if not (folder / "key").exists():
        keygen(folder / "key")
    return HostSettings.model_validate(
        {
            "transport": transport,
            "ssh_config": folder / "ssh_config",
            "known_hosts": folder / "known_hosts",
            "identity_file": folder / "key",
            "use_agent": False,
        }
    )


def refusal_at(listener: Listener, sshd: Sshd, folder: Path, transport: str, timeout_s: float) -> NotObserved:
    before = own_sockets()
    with listener() as port:
        host = sshd.host(port=port)
        refusal = refusal_of(host, settings_of(folder, transport), timeout_s)
    assert settles(lambda: own_sockets() <= before)
    return refusal


@every_transport
@pytest.mark.parametrize(
    ("listener", "reason", "phase", "suspicion"),
    [
        (sick.refusing, "connection-refused", "connect", None),
        (sick.closing, "closed-before-login", "handshake", "critical"),
        (sick.closing_after_banner, "closed-before-login", "handshake", "critical"),
        (sick.not_ssh, "ssh-failed", "handshake", None),
    ],
)
def test_a_host_that_says_no_is_known_at_once(
    sshd: Sshd, tmp_path: Path, transport: str, listener: Listener, reason: str, phase: str, suspicion: str | None
) -> None:
    refusal = refusal_at(listener, sshd, tmp_path, transport, timeout_s=10)
    assert (refusal.reason, refusal.phase, refusal.suspicion) == (reason, phase, suspicion)
    assert refusal.detail
    assert refusal.hint


@pytest.mark.parametrize(
    ("listener", "reason", "phase", "suspicion"),
    [
        (sick.dropping, "connect-timeout", "connect", None),
        (sick.silent, "silent-listener", "handshake", "warning"),
        (sick.stuck_after_banner, "login-hung", "login", "critical"),
    ],
)
def test_a_host_that_says_nothing_is_told_apart_by_where_it_stopped(
    sshd: Sshd, tmp_path: Path, listener: Listener, reason: str, phase: str, suspicion: str | None
) -> None:
    settings = {transport: settings_of(tmp_path, transport) for transport in TRANSPORTS}
    before = own_sockets()
    with listener() as port, ThreadPoolExecutor(len(settings)) as pool:
        waiting = [pool.submit(refusal_of, sshd.host(port=port), one, 1.5) for one in settings.values()]
        refusals = [each.result() for each in waiting]
    assert [(one.reason, one.phase, one.suspicion) for one in refusals] == [(reason, phase, suspicion)] * 3
    assert settles(lambda: own_sockets() <= before)


@every_transport
@pytest.mark.parametrize("name", ["no..such", "x" * 70])
def test_a_name_that_cannot_be_is_not_found(sshd: Sshd, transport: str, name: str) -> None:
    refusal = refusal_of(sshd.host(address=name), sshd.settings(transport=transport))
    assert (refusal.reason, refusal.phase) == ("name-not-found", "lookup")


@every_transport
def test_a_host_name_is_never_an_option_of_ssh(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    planted = tmp_path / "planted"
    host = sshd.host(address=f"-oProxyCommand=touch {planted}")
    assert refusal_of(host, sshd.settings(transport=transport)).reason != "bug"
    assert not planted.exists()
