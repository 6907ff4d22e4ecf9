import base64
import hashlib
from pathlib import Path

import pytest

from nornir_hygiene.fleet.transports import TRANSPORTS
from nornir_hygiene.fleet.transports.known_hosts import HostKeys, fingerprint, name_of
from nornir_hygiene.fleet.transports.protocol import NotReached
from tests.fleet.asking import answer_of, refusal_of, request
from tests.fleet.loopback import Sshd, keygen

every_transport = pytest.mark.parametrize("transport", TRANSPORTS)

KEY = base64.b64encode(b"the key").decode()
OTHER = base64.b64encode(b"another key").decode()


def blob_of(public_key: str) -> bytes:
    return base64.b64decode(public_key.split()[1])


@every_transport
def test_a_host_nobody_vouches_for_is_refused(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, known_hosts=empty))
    assert (refusal.reason, refusal.suspicion) == ("host-key-unknown", None)
    assert fingerprint(blob_of(sshd.public_key("host_ed25519"))) in refusal.detail


@every_transport
def test_a_changed_key_is_refused_for_another_reason(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    keygen(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {other}\n")
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, known_hosts=known))
    assert refusal.reason == "host-key-changed"
    assert fingerprint(blob_of(sshd.public_key("host_ed25519"))) in refusal.detail
    assert f"{known}:1" in refusal.detail
    assert "ssh-keygen -R" in refusal.hint


def test_a_changed_key_shows_both_fingerprints(sshd: Sshd, tmp_path: Path) -> None:
    keygen(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {other}\n")
    refusal = refusal_of(sshd.host(), sshd.settings(known_hosts=known))
    assert fingerprint(blob_of(sshd.public_key("host_ed25519"))) in refusal.detail
    assert fingerprint(blob_of(other)) in refusal.detail


@every_transport
def test_a_revoked_key_is_refused_though_it_is_known(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    key = sshd.public_key("host_ed25519")
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {key}\n@revoked * {key}\n")
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, known_hosts=known))
    assert refusal.reason == "host-key-changed"


@every_transport
def test_a_host_of_which_only_the_rsa_key_is_known_shows_that_one(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.public_key('host_rsa')}\n")
    assert answer_of(sshd, request("echo x"), transport=transport, known_hosts=known).stdout == b"x\n"


@every_transport
def test_a_known_hosts_file_that_is_not_there_knows_nobody(sshd: Sshd, tmp_path: Path, transport: str) -> None:
    refusal = refusal_of(sshd.host(), sshd.settings(transport=transport, known_hosts=tmp_path / "none"))
    assert refusal.reason == "host-key-unknown"


def hashed(name: str) -> str:
    import hmac

    salt = b"0123456789abcdefghij"
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    "names",
    [
        "web.example.org",
        "other,web.example.org,192.0.2.1",
        "WEB.example.org",
        "*.example.org",
        "w?b.example.org",
        "*.example.org,!db.example.org",
        hashed("web.example.org"),
    ],
)
def test_each_way_to_write_a_name_is_understood(tmp_path: Path, names: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"# a comment\n\n{names} ssh-ed25519 {KEY} comment\n")
    HostKeys(name_of("web.example.org", 22), [path]).check("ssh-ed25519", b"the key")


@pytest.mark.parametrize(
    "line",
    [
        f"db.example.org ssh-ed25519 {KEY}",
        f"*.example.org,!web.example.org ssh-ed25519 {KEY}",
        f"[web.example.org]:2222 ssh-ed25519 {KEY}",
        f"@cert-authority *.example.org ssh-ed25519 {KEY}",
        f"@something web.example.org ssh-ed25519 {KEY}",
        "web.example.org ssh-ed25519",
        "web.example.org ssh-ed25519 not*base64",
        f"|1|not*base64|x ssh-ed25519 {KEY}",
        f"|2|{KEY}|{KEY} ssh-ed25519 {KEY}",
        "\x00\xff",
    ],
)
def test_a_line_that_does_not_speak_for_the_host_is_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"{line}\n", "latin-1")
    with pytest.raises(NotReached) as caught:
        HostKeys("web.example.org", [path]).check("ssh-ed25519", b"the key")
    assert caught.value.why.reason == "host-key-unknown"


def test_one_of_several_keys_of_a_type_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"web ssh-ed25519 {OTHER}\nweb ssh-ed25519 {KEY}\n")
    HostKeys("web", [path]).check("ssh-ed25519", b"the key")


def test_a_port_of_its_own_has_a_name_of_its_own() -> None:
    assert name_of("Web", 22) == "web"
    assert name_of("Web", 2222) == "[web]:2222"


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"web ssh-ed25519 {OTHER}\n")
    with pytest.raises(NotReached):
        HostKeys("web", [path]).check("ssh-ed25519", b"the key")
    path.write_text(f"web ssh-ed25519 {KEY} now the right one\n")
    HostKeys("web", [path]).check("ssh-ed25519", b"the key")


def test_known_types_come_first_in_the_negotiation(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"web ssh-rsa {KEY}\n")
    keys = HostKeys("web", [path])
    offered = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]
    assert keys.preferred_algorithms(offered) == ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]
