from pathlib import Path

import pytest

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.fleet.selection import settings_for

CONFIG = """\
Include config.d/*
Host worker-1 worker-2 *.example.org !worker-9
    HostName 192.0.2.1
    ProxyJump bastion
Host=bastion  # the way in
Host "with space" web?
Match host x
    Include nowhere
Host *
    User audit
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".ssh"
    (folder / "config.d").mkdir(parents=True)
    (folder / "config").write_text(CONFIG)
    (folder / "config.d" / "ten").write_text("HOST ceph-1\n")
    (folder / "config.d" / ".hidden").write_text("Host hidden\n")
    return folder


def test_every_name_without_a_wildcard_is_a_host_and_includes_are_followed(home: Path) -> None:
    hosts = inventory_from("ssh-config").hosts
    assert list(hosts) == ["ceph-1", "worker-1", "worker-2", "bastion", "with space"]
    settings = settings_for(hosts["worker-1"])
    assert (settings.transport, settings.ssh_config) == ("openssh", None)
    # The address stays ssh's business: asked for it, ssh would not find the block.
    assert hosts["worker-1"].hostname is None


def test_a_file_of_ones_own_is_handed_to_ssh(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "lab_config"
    path.write_text("Host a\n  HostName 192.0.2.1\n")
    hosts = inventory_from(f"ssh-config:{path}").hosts
    assert settings_for(hosts["a"]).ssh_config == path


def test_names_of_a_conditional_include_count_only_where_it_applies(home: Path) -> None:
    (home / "config").write_text("Host *.prod\n  Include config.d/ten\n")
    (home / "config.d" / "ten").write_text("Host a.prod b.test\n")
    assert list(inventory_from("ssh-config").hosts) == ["a.prod"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("User x\nHost\n", 2, "Host without a value"),
        ('Host "a\n', 1, "No closing quotation"),
        ("Include config\n", 1, "too many levels of Include"),
        ("Host *\n", None, "names no host"),
    ],
)
def test_a_broken_file_says_where_and_what(home: Path, text: str, line: int | None, says: str) -> None:
    (home / "config").write_text(text)
    with pytest.raises(ConfigError) as caught:
        inventory_from("ssh-config")
    assert says in str(caught.value)
    assert caught.value.where == str(home / "config") + (f":{line}" if line else "")


def test_a_file_that_is_not_there_is_answered_with_what_to_give(home: Path) -> None:
    with pytest.raises(ConfigError, match="ssh-config:PATH"):
        inventory_from("ssh-config:/nowhere")


def test_the_data_of_the_projects_defaults_hold_here_too_but_not_its_user(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "nr.yaml").touch()
    settings = "{sudo: true, transport: paramiko, thresholds: {blocked_warning_s: 3}}"
    (tmp_path / "inventory" / "defaults.yaml").write_text(f"username: root\ndata: {{nornir_hygiene: {settings}}}\n")
    monkeypatch.chdir(tmp_path)
    host = inventory_from("ssh-config").hosts["worker-1"]
    found = settings_for(host)
    assert (found.sudo, found.thresholds.blocked_warning_s, found.transport) == (True, 3, "openssh")
    assert host.username is None
