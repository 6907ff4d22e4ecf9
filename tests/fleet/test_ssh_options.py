"""Options an inventory hands to ssh: they count, but never against what nr itself must have."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.models.settings import HostSettings
from tests.fleet.asking import answer_of, refusal_of, request
from tests.fleet.loopback import Sshd


def test_an_option_reaches_ssh_as_one_word_spaces_included(sshd: Sshd, tmp_path: Path) -> None:
    options = {"ProxyCommand": f"sh -c 'touch {tmp_path}/asked; exit 7'"}
    refusal = refusal_of(sshd.host(), sshd.settings(transport="openssh", ssh_options=options))
    assert refusal.reason in ("closed-before-login", "ssh-failed")
    assert (tmp_path / "asked").exists()


def test_host_keys_are_checked_whatever_the_inventory_says(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    lax = {"stricthostkeychecking": "no", "UserKnownHostsFile": "/dev/null", "BatchMode": "no"}
    settings = sshd.settings(transport="openssh", ssh_options=lax, known_hosts=tmp_path / "empty")
    assert refusal_of(sshd.host(), settings).reason == "host-key-unknown"


def test_harmless_options_change_nothing(sshd: Sshd) -> None:
    assert answer_of(sshd, request("echo hello"), transport="openssh", ssh_options={"Compression": "yes"}).stdout == (
        b"hello\n"
    )


@pytest.mark.parametrize("key", ["-F", "A B", "", "Proxy=x"])
def test_what_is_no_keyword_of_ssh_config_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        HostSettings(ssh_options={key: "x"})
