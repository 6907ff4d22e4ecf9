from pathlib import Path

import pytest

from nornir_hygiene.fleet.transports.patterns import matches_any
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.fleet.transports.ssh_config import Way, way_to
from nornir_hygiene.models.host import NotObserved
from tests.fleet.asking import answer_of, ask, refusal_of, request
from tests.fleet.loopback import Sshd


def way(tmp_path: Path, text: str, host: str = "web-1", user: str | None = None) -> Way:
    path = tmp_path / "config"
    path.write_text(text)
    return way_to(host, user, path)


def refused(tmp_path: Path, text: str, host: str = "web-1") -> NotObserved:
    with pytest.raises(NotReached) as caught:
        way(tmp_path, text, host)
    return caught.value.why


def test_the_first_value_wins_and_identity_files_add_up(tmp_path: Path) -> None:
    found = way(
        tmp_path,
        """
        Host web-*
            HostName 192.0.2.7
            Port 2222
            IdentityFile /keys/%h
            UserKnownHostsFile /a /b
        Host *
            Port 22
            User admin
            IdentityFile "/keys/with space"
            IdentitiesOnly yes
        """,
    )
    assert (found.hostname, found.port, found.user, found.identities_only) == ("192.0.2.7", 2222, "admin", True)
    assert found.identity_files == (Path("/keys/192.0.2.7"), Path("/keys/with space"))
    assert found.user_known_hosts == (Path("/a"), Path("/b"))


def test_what_is_for_others_is_passed_over(tmp_path: Path) -> None:
    text = "Host db-*\n  ProxyJump bastion\n  Port 1\nHost * !web-1\n  Port 2\nHost web-1\n  Port=3\n"
    assert way(tmp_path, text).port == 3


def test_no_file_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert way_to("web-1", None, None) == Way("web-1")


def test_the_user_s_own_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Port 2022\n")
    assert way_to("web-1", None, None).port == 2022


@pytest.mark.parametrize(
    "directive",
    [
        "ProxyJump bastion",
        "ProxyCommand nc %h %p",
        "CertificateFile ~/.ssh/id-cert.pub",
        "Include config.d/*",
        "IdentityAgent ~/.agent",
        "KexAlgorithms +diffie-hellman-group1-sha1",
        "HostKeyAlgorithms ssh-rsa",
        "BindAddress 192.0.2.1",
        "NewDirectiveOfTheFuture yes",
        "Match exec true",
        "Match final",
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_line(tmp_path: Path, directive: str) -> None:
    refusal = refused(tmp_path, f"# mine\nHost *\n  {directive}\n")
    assert refusal.reason == "ssh-config-unsupported"
    assert f"{tmp_path / 'config'}:3: {directive}" in refusal.detail
    assert refusal.hint == "set transport: openssh"


@pytest.mark.parametrize(
    "directive", ["ProxyJump none", "ProxyCommand none", "Compression yes", "SendEnv LANG", "ServerAliveInterval 30"]
)
def test_what_changes_nothing_is_not_refused(tmp_path: Path, directive: str) -> None:
    assert way(tmp_path, f"{directive}\n") == Way("web-1")


def test_a_jump_that_was_switched_off_for_this_host_is_not_refused(tmp_path: Path) -> None:
    assert way(tmp_path, "Host web-1\n  ProxyJump none\nHost *\n  ProxyJump bastion\n") == Way("web-1")


@pytest.mark.parametrize(
    ("condition", "port"),
    [
        ("all", 7),
        ("host web-*", 7),
        ("originalhost web-1", 7),
        ("user admin", 7),
        ("host db-*", None),
        ("host web-* user root", None),
    ],
)
def test_simple_match_blocks_are_honoured(tmp_path: Path, condition: str, port: int | None) -> None:
    assert way(tmp_path, f"Match {condition}\n  Port 7\n", user="admin").port == port


def test_a_match_on_the_host_sees_the_name_it_was_given(tmp_path: Path) -> None:
    text = "Host web-1\n  HostName real.example.org\nMatch host *.example.org\n  Port 7\n"
    assert way(tmp_path, text).port == 7


@pytest.mark.parametrize("text", ["Port many", "IdentityFile /keys/%C", "AddressFamily inet7"])
def test_a_value_that_means_nothing_is_a_wrong_setting(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).reason == "wrong-settings"


def test_a_named_file_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(NotReached) as caught:
        way_to("web-1", None, tmp_path / "none")
    assert caught.value.why.reason == "wrong-settings"


def test_brackets_mean_nothing_in_a_pattern() -> None:
    assert matches_any("[::1]", ["[::1]"])
    assert not matches_any("a", ["[ab]"])
    assert not matches_any("web", ["w*", "!web"])
    assert not matches_any("web", [])


@pytest.mark.parametrize("transport", ["paramiko", "openssh"])
def test_ssh_config_leads_to_the_host_where_the_inventory_says_nothing(
    sshd: Sshd, tmp_path: Path, transport: str
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host short\n HostName 127.0.0.1\n Port {sshd.port}\n IdentityFile {sshd.folder}/user_ed25519\n"
        f"IdentitiesOnly yes\nUserKnownHostsFile {sshd.folder}/known_hosts\n"
    )
    settings = sshd.settings(transport=transport, ssh_config=config, known_hosts=None, identity_file=None)
    came = ask(sshd.host(address="short", port=None), settings, request("echo x"))
    assert getattr(came, "stdout", came) == b"x\n"


@pytest.mark.parametrize("transport", ["paramiko", "netmiko"])
def test_a_host_behind_a_jump_is_refused_loudly(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  ProxyJump bastion\n")
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, ssh_config=config))
    assert refusal.reason == "ssh-config-unsupported"


def test_openssh_goes_through_a_proxy_command(sshd: Sshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    connect = (
        f"ssh -F none -o BatchMode=yes -i {sshd.folder}/user_ed25519 -o UserKnownHostsFile={sshd.folder}/known_hosts"
    )
    config.write_text(f"Host *\n  ProxyCommand {connect} -p {sshd.port} -W %h:%p 127.0.0.1\n")
    assert answer_of(sshd, request("echo x"), transport="openssh", ssh_config=config).stdout == b"x\n"
