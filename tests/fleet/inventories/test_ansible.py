"""Our reading of Ansible's files against Ansible's own."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from nornir.core.inventory import Inventory

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.fleet.inventories.ansible import script as scripts
from nornir_hygiene.fleet.selection import select, settings_for
from tests.fleet.inventories.ansible_files import INI, script, whole_inventory

TOOL = Path(sys.executable).with_name("ansible-inventory")


def load(path: Path) -> Inventory:
    return inventory_from(f"ansible:{path}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return whole_inventory(tmp_path)


def as_ansible_sees(path: Path) -> dict[str, Any]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(path), "LC_ALL": "C.UTF-8"}
    command = [str(TOOL), "-i", str(path), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=path, check=False)
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def members(listed: dict[str, Any], group: str) -> set[str]:
    """Its hosts and those of all groups below."""
    own = set(listed.get(group, {}).get("hosts", []))
    return own.union(*(members(listed, child) for child in listed.get(group, {}).get("children", [])))


def test_hosts_groups_and_variables_are_those_ansible_itself_sees(folder: Path) -> None:
    listed, mine = as_ansible_sees(folder), load(folder)
    assert {
        name: {key: value for key, value in host.data.items() if key != "nornir_hygiene"}
        for name, host in mine.hosts.items()
    } == {name: listed["_meta"]["hostvars"].get(name, {}) for name in members(listed, "all")}
    for group in mine.groups:
        assert {name for name, host in mine.hosts.items() if host.has_parent_group(group)} == members(listed, group)


def test_connection_variables_say_how_the_host_is_reached(folder: Path) -> None:
    hosts = load(folder).hosts
    assert (hosts["w1"].hostname, hosts["w1"].username) == ("10.0.0.1", "root")
    settings = settings_for(hosts["w1"])
    assert (settings.transport, settings.sudo, settings.ssh_options) == ("openssh", True, {"ProxyJump": "jump"})
    assert hosts["web02.x.org"].port == 2222
    assert settings_for(hosts["web02.x.org"]).transport == "paramiko"
    assert hosts["y2"].hostname == "y2.example.org"
    assert hosts["d1"].hostname == "192.0.2.4"


def test_groups_with_dashes_and_variables_select_hosts(folder: Path) -> None:
    inventory = load(folder)
    assert set(select(inventory, ["k8s-workers"]).inventory.hosts) == {"w1", "w2"}
    assert set(select(inventory, ["big"], filters=[("role", "front")]).inventory.hosts) == {
        f"web0{number}.x.org" for number in (1, 2, 3)
    }


@pytest.mark.parametrize(
    ("text", "options", "others"),
    [
        ("-J jump", {"ProxyJump": "jump"}, {}),
        ("-oProxyJump=a,b -C", {"ProxyJump": "a,b"}, {}),
        ('-o ProxyCommand="ssh -W %h:%p -q jump"', {"ProxyCommand": "ssh -W %h:%p -q jump"}, {}),
        ("-o 'ServerAliveInterval 5' -4", {"ServerAliveInterval": "5", "AddressFamily": "inet"}, {}),
        ("-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ControlMaster=auto", {}, {}),
        ("-F /etc/my_config -i /k", {}, {"ssh_config": Path("/etc/my_config"), "identity_file": Path("/k")}),
    ],
)
def test_ssh_arguments_become_settings(
    tmp_path: Path, text: str, options: dict[str, str], others: dict[str, Path]
) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": {"a": {"ansible_ssh_common_args": text}}}}))
    settings = settings_for(load(path).hosts["a"])
    assert settings.ssh_options == options
    assert settings.transport == ("openssh" if options or "ssh_config" in others else "paramiko")
    assert {key: getattr(settings, key) for key in others} == others


def test_passwords_reach_the_login_and_not_the_data(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("a ansible_user=root ansible_password=secret ansible_become_password=more\n")
    host = load(path).hosts["a"]
    assert host.password == "secret"
    assert "secret" not in str(host.data)
    assert "more" not in str(host.data)


@pytest.mark.parametrize("text", ['"{{ vault_password }}"', "!vault |\n     $ANSIBLE_VAULT;1.1;AES256"])
def test_a_password_nobody_can_read_here_is_not_sent(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(f"web:\n hosts:\n  a:\n   ansible_password: {text}\n")
    assert load(path).hosts["a"].password is None


def test_settings_of_nr_can_stand_in_group_vars(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("[web]\na ansible_ssh_private_key_file=~/k\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "web.yml").write_text("nornir_hygiene: {thresholds: {blocked_warning_s: 3}}\n")
    settings = settings_for(load(tmp_path / "hosts").hosts["a"])
    assert settings.thresholds.blocked_warning_s == 3
    assert settings.identity_file == Path("~/k").expanduser()


def test_secrets_of_the_vault_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("web:\n hosts:\n  a:\n   token: !vault |\n    $ANSIBLE_VAULT;1.1\n")
    (tmp_path / "group_vars" / "all").mkdir(parents=True)
    (tmp_path / "group_vars" / "all" / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert set(load(tmp_path / "hosts.yml").hosts) == {"a"}


def test_only_what_needs_an_ansible_plugin_is_given_to_ansible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "made.yml"
    path.write_text("plugin: ansible.builtin.generator\nhosts: {name: 'g-{{ n }}'}\nlayers: {n: [one, two]}\n")
    monkeypatch.setenv("PATH", f"{TOOL.parent}:{os.environ['PATH']}")
    assert shutil.which("ansible-inventory")
    assert set(load(path).hosts) == {"g-one", "g-two"}
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"made\.yml: is for Ansible's plugin .* no ansible-inventory here"):
        load(path)


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("hosts.ini", "[web]\na\n[web:wars]\nx=1\n", 3, "unknown sort of section 'wars'"),
        ("hosts.ini", "[web]\na b\n", 2, "expected key=value"),
        ("hosts.ini", "[web]\na x='1\n", 2, "No closing quotation"),
        ("hosts.ini", "[a b]\n", 1, "not a section"),
        ("hosts.ini", "[web:vars]\nx=1\n", 1, "the group 'web', which is defined nowhere"),
        ("hosts.ini", "[web:children]\nx\n", 2, "[web:children] includes the group 'x'"),
        ("hosts.ini", "a[3:1]\n", 1, "begin is after end"),
        ("hosts.ini", "a[1:99999999]\n", 1, "too long"),
        ("hosts.ini", "[a:children]\nb\n[b:children]\na\n", None, "'a' is below itself"),
        ("hosts.ini", "# nobody\n", None, "names no host"),
        ("hosts.yml", "web:\n  hosts:\n   a: {\n", 4, "not valid YAML"),
        ("hosts.yml", "- a\n", 1, "must be a mapping of groups"),
        ("hosts.yml", "web: {hosts: [a]}\n", None, "hosts of group web: must be a mapping"),
        ("hosts.yml", "web: {hosts: {1: {}}}\n", None, "put it into quotes"),
        ("hosts.ini", "a ansible_port=x\n", None, "host a: ansible_port: 'x' is no number"),
        ("hosts.yml", "all: {hosts: {a: {nornir_hygiene: 3}}}\n", None, "nornir_hygiene: must be a mapping"),
        ("hosts.yml", "all: {hosts: {a: {nornir_hygiene: {sodu: 1}}}}\n", None, "nornir_hygiene.sodu: Extra inputs"),
        ("hosts.toml", "[web\n", None, "not valid TOML"),
        ("hosts", "$ANSIBLE_VAULT;1.1;AES256\n61\n", None, "ansible-vault"),
    ],
)
def test_a_broken_file_says_where_and_what(tmp_path: Path, name: str, text: str, line: int | None, says: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert says in str(caught.value)
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#!/bin/sh\necho one >&2; echo no such region >&2; exit 3\n", "ended with 3: no such region"),
        ("#!/bin/sh\nexit 1\n", "ended with 1, and said nothing"),
        ("#!/bin/sh\necho hello\n", "printed no JSON"),
        ("#!/bin/sh\necho '[]'\n", "printed no JSON object"),
        ("#!/bin/sh\necho '{\"web\": 3}'\n", "group web: must be a mapping"),
        ("#!/no/such/interpreter\n", "cannot be started"),
    ],
)
def test_a_broken_script_says_what_it_said_last(tmp_path: Path, text: str, says: str) -> None:
    path = script(tmp_path / "hosts.py", text)
    with pytest.raises(ConfigError, match=says) as caught:
        load(path)
    assert caught.value.where == str(path)


def ends(pid: int) -> bool:
    """A killed process is on its way out for a moment; whoever reaps it is not our matter."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_script_that_hangs_costs_its_deadline_and_leaves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "DEADLINE_S", 0.5)
    path = script(tmp_path / "hosts.sh", f"#!/bin/sh\nsleep 987 & echo $! >{tmp_path}/pid; wait\n")
    begun = time.monotonic()
    with pytest.raises(ConfigError, match="did not end within"):
        load(path)
    assert time.monotonic() - begun < 60
    assert ends(int((tmp_path / "pid").read_text()))


def test_an_executable_file_without_an_interpreter_line_is_read(tmp_path: Path) -> None:
    assert "w1" in load(script(tmp_path / "hosts.ini", INI)).hosts


def test_a_place_that_does_not_exist_is_answered_with_what_to_give() -> None:
    for spec in ("ansible:", "ansible:/nowhere"):
        with pytest.raises(ConfigError, match="give --inventory ansible:PATH"):
            inventory_from(spec)
