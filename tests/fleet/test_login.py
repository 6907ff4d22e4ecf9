import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.fleet.transports import TRANSPORTS
from nornir_hygiene.models.answer import Answer
from tests.fleet.asking import answer_of, ask, refusal_of, request
from tests.fleet.conftest import require_sshd
from tests.fleet.loopback import Sshd, keygen, running_sshd

every_transport = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def agent(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An agent of its own, empty, and a home without keys."""
    folder = tmp_path_factory.mktemp("agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(folder / "s")], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it has spoken: it listens
    monkeypatch.setenv("SSH_AUTH_SOCK", str(folder / "s"))
    monkeypatch.setenv("HOME", str(folder))
    yield folder
    process.kill()
    process.wait()
    process.stdout.close()


def add(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(key)], check=True)


@every_transport
def test_a_key_the_host_does_not_know_is_an_auth_failure(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    key = keygen(tmp_path / "stranger")
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, identity_file=key))
    assert (refusal.reason, refusal.phase, refusal.suspicion) == ("auth-failed", "login", None)


def test_an_auth_failure_says_what_was_tried_and_what_the_host_takes(sshd: Sshd, tmp_path: Path) -> None:
    key = keygen(tmp_path / "stranger")
    refusal = refusal_of(sshd.host(password="wrong"), sshd.settings(identity_file=key))
    assert f"user {getpass.getuser()}, tried key {key}, password" in refusal.detail
    assert "the host accepts publickey" in refusal.detail


@pytest.mark.parametrize("transport", ["paramiko", "netmiko"])
def test_an_identity_file_that_is_not_there_is_a_wrong_setting(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, identity_file=tmp_path / "none"))
    assert refusal.reason == "wrong-settings"
    assert str(tmp_path / "none") in refusal.detail


def test_an_encrypted_key_without_an_agent_says_what_to_do(sshd: Sshd, tmp_path: Path) -> None:
    key = keygen(tmp_path / "locked", passphrase="secret")
    refusal = refusal_of(sshd.host(), sshd.settings(identity_file=key))
    assert refusal.reason == "auth-failed"
    assert f"ssh-add {key}" in refusal.hint


@every_transport
def test_a_key_of_the_agent_logs_in(sshd: Sshd, agent: Path, transport: str) -> None:
    add(sshd.folder / "user_ed25519")
    answer = answer_of(sshd, request("echo x"), transport=transport, identity_file=None, use_agent=True)
    assert answer.stdout == b"x\n"


@every_transport
def test_an_encrypted_key_is_used_through_the_agent(sshd: Sshd, agent: Path, tmp_path: Path, transport: str) -> None:
    key = tmp_path / "user"
    shutil.copy(sshd.folder / "user_ed25519", key)
    shutil.copy(sshd.folder / "user_ed25519.pub", f"{key}.pub")
    add(key)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(key)], check=True, stdout=subprocess.DEVNULL)
    answer = answer_of(sshd, request("echo x"), transport=transport, identity_file=key, use_agent=True)
    assert answer.stdout == b"x\n"


def test_the_named_key_spares_the_agent_s_many(sshd: Sshd, agent: Path, tmp_path: Path) -> None:
    for number in range(8):  # more than a server lets anybody try
        add(keygen(tmp_path / f"key{number}"))
    assert answer_of(sshd, request("echo x"), use_agent=True).stdout == b"x\n"


def test_too_many_keys_of_the_agent_are_named_as_the_trouble(sshd: Sshd, agent: Path, tmp_path: Path) -> None:
    for number in range(8):
        add(keygen(tmp_path / f"key{number}"))
    refusal = refusal_of(sshd.host(), sshd.settings(identity_file=None, use_agent=True))
    assert refusal.reason == "auth-failed"
    assert "too many keys" in refusal.hint


def test_an_agent_that_does_not_answer_is_not_the_host_s_fault(
    sshd: Sshd, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path_factory.mktemp("agent") / "s"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(address))
        mute.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
        refusal = refusal_of(sshd.host(), sshd.settings(identity_file=None, use_agent=True), timeout_s=6.0)
    assert (refusal.reason, refusal.suspicion) == ("auth-failed", None)
    assert "ssh-agent" in refusal.detail


def test_the_usual_key_of_the_home_is_found(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    shutil.copy(sshd.folder / "user_ed25519", tmp_path / ".ssh" / "id_ed25519")
    assert answer_of(sshd, request("echo x"), identity_file=None).stdout == b"x\n"


def test_a_login_shell_that_hangs_is_not_a_deadline_but_a_suspicion() -> None:
    require_sshd()
    with running_sshd("ForceCommand echo $$ >> {folder}/sleepers; exec sleep 300") as hanging:
        for transport in ("paramiko", "openssh", "netmiko"):
            refusal = refusal_of(hanging.host(), hanging.settings(transport=transport), timeout_s=6.0)
            assert (refusal.reason, refusal.suspicion) == ("login-hung", "critical"), transport


def test_a_login_that_only_talks_is_an_answer_for_the_reader_to_judge() -> None:
    require_sshd()
    with running_sshd("ForceCommand echo 'This account is not available'; exit 1") as refusing:
        for transport in ("paramiko", "openssh"):
            came = ask(refusing.host(), refusing.settings(transport=transport), request("echo x"))
            assert isinstance(came, Answer)
            assert came.stdout == b"This account is not available\n"


def test_a_host_that_cannot_start_a_session_is_a_suspicion() -> None:
    require_sshd()
    with running_sshd("MaxSessions 0") as full:
        for transport in TRANSPORTS:
            refusal = refusal_of(full.host(), full.settings(transport=transport))
            assert (refusal.reason, refusal.suspicion) == ("cannot-fork", "critical"), (transport, refusal)
