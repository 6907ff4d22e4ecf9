import logging
from pathlib import Path

import pytest
from nornir.core.inventory import Defaults, Group, Host, Inventory, ParentGroups

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.fleet.selection import load_inventory, select, settings_for

HOSTS = """\
---
web-1: {hostname: 192.0.2.1, groups: [web], data: {role: front, rack: 3, tags: [a, b]}}
web-2:
  hostname: 192.0.2.2
  groups: [web]
  data: {role: back, spare: true}
db-1:
  port: 2222
  groups: [db]
lonely:
"""
GROUPS = """\
---
web: {groups: [linux]}
db: {groups: [linux], data: {role: store}}
linux: {username: audit}
"""
DEFAULTS = """\
---
port: 22
data:
  nornir_hygiene: {transport: openssh}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    (tmp_path / "groups.yaml").write_text(GROUPS)
    (tmp_path / "defaults.yaml").write_text(DEFAULTS)
    return tmp_path


@pytest.fixture
def inventory(folder: Path) -> Inventory:
    return load_inventory(folder)


def test_the_files_become_what_nornir_makes_of_them(inventory: Inventory) -> None:
    host = inventory.hosts["db-1"]
    assert (host.hostname, host.port, host.username, host["role"]) == (None, 2222, "audit", "store")
    assert inventory.hosts["lonely"].port == 22
    assert [group.name for group in inventory.hosts["web-1"].extended_groups()] == ["web", "linux"]


def test_loading_agrees_with_nornir_s_own_simple_inventory(folder: Path) -> None:
    from nornir.plugins.inventory import SimpleInventory

    (folder / "hosts.yaml").write_text(HOSTS.replace("lonely:", "lonely: {}"))
    files = {"host_file": "hosts.yaml", "group_file": "groups.yaml", "defaults_file": "defaults.yaml"}
    theirs = SimpleInventory(**{key: str(folder / name) for key, name in files.items()}).load()
    assert load_inventory(folder).dict() == theirs.dict()


def test_the_built_in_example_can_be_loaded() -> None:
    from nornir_hygiene.content import built_in

    assert select(load_inventory(built_in().inventory), ["k8s-workers"]).inventory.hosts


def test_nothing_is_written_and_no_logging_set_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    handlers = list(logging.getLogger().handlers)
    select(load_inventory(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["defaults.yaml", "groups.yaml", "hosts.yaml"]
    assert logging.getLogger().handlers == handlers


def test_only_hosts_yaml_is_needed(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text("a:\nb: {}\n")
    assert sorted(load_inventory(tmp_path).hosts) == ["a", "b"]


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        ("hosts", "a: {hostname: x\nb: {}\n", 2, "expected ',' or '}'"),
        ("hosts", "a: {}\na: {}\n", 2, "duplicate key"),
        ("hosts", "- a\n", 1, "must be a mapping"),
        ("hosts", "a:\n  hostname: x\n  hostnme: y\n", 3, "unknown key 'hostnme'"),
        ("hosts", "a:\n  port: many\n", 2, "port"),
        ("hosts", "a:\n  groups: web\n", 2, "groups"),
        ("hosts", "a: {}\nb:\n  groups:\n    - web\n    - wbe\n", 5, "the group 'wbe', which does not exist"),
        ("hosts", "1001: {}\n", None, "not text"),
        ("hosts", "a:\n  data:\n    nornir_hygiene:\n      transprt: x\n", 4, "unknown key 'transprt'"),
        ("hosts", "a:\n  data:\n    nornir_hygiene:\n      transport: telnet\n", 4, "transport"),
        ("hosts", "a:\n  data: {nornir_hygiene: fast}\n", 2, "nornir_hygiene"),
        ("groups", "web:\n  data:\n    nornir_hygiene:\n      thresholds:\n        zombies: 1\n", 5, "zombies"),
        ("groups", "web: {groups: [linux]}\ndb: {}\nlinux:\n  groups: [web]\n", None, "above itself"),
        ("defaults", "port: 22\ncolour: red\n", 2, "unknown key 'colour'"),
        ("defaults", "connection_options:\n  netmiko:\n    extra: {}\n", 3, "unknown key 'extra'"),
        ("defaults", "data:\n  nornir_hygiene: {max_output_bytes: 1}\n", 2, "max_output_bytes"),
    ],
)
def test_a_broken_inventory_says_file_and_line(folder: Path, file: str, text: str, line: int | None, says: str) -> None:
    path = folder / f"{file}.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_inventory(folder)
    assert says in str(caught.value)
    assert caught.value.where.startswith(f"{path}:" if line else str(path))
    assert line is None or caught.value.where == f"{path}:{line}"


def test_a_misspelt_key_is_answered_with_the_nearest(folder: Path) -> None:
    (folder / "hosts.yaml").write_text("a:\n  data:\n    nornir_hygiene: {thresholds: {zombie_warn_s: 1}}\n")
    with pytest.raises(ConfigError, match="did you mean zombie_warning_s"):
        load_inventory(folder)


def test_a_folder_without_hosts_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no hosts\.yaml"):
        load_inventory(tmp_path)


@pytest.mark.parametrize(
    ("groups", "hosts", "filters", "selected"),
    [
        ([], [], [], {"web-1", "web-2", "db-1", "lonely"}),
        (["web"], [], [], {"web-1", "web-2"}),
        (["linux"], [], [], {"web-1", "web-2", "db-1"}),
        (["web", "db"], [], [], {"web-1", "web-2", "db-1"}),
        ([], ["db-1", "lonely"], [], {"db-1", "lonely"}),
        (["web"], ["web-2"], [], {"web-2"}),
        ([], [], [("role", "store")], {"db-1"}),
        ([], [], [("rack", "3")], {"web-1"}),
        ([], [], [("spare", "true")], {"web-2"}),
        ([], [], [("tags", "b")], {"web-1"}),
        ([], [], [("port", "2222")], {"db-1"}),
        (["web"], [], [("role", "back"), ("hostname", "192.0.2.2")], {"web-2"}),
    ],
)
def test_a_selection_narrows_with_every_option(
    inventory: Inventory, groups: list[str], hosts: list[str], filters: list[tuple[str, str]], selected: set[str]
) -> None:
    assert set(select(inventory, groups, hosts, filters).inventory.hosts) == selected


@pytest.mark.parametrize(
    ("groups", "hosts", "filters", "says"),
    [
        (["wbe"], [], [], "did you mean web? (known: db, linux, web)"),
        ([], ["web1"], [], "did you mean web-1"),
        ([], [], [("roel", "x")], "did you mean role"),
        (["db"], ["web-1"], [], "no host is selected"),
        ([], [], [("role", "nobody")], "no host is selected"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(
    inventory: Inventory, groups: list[str], hosts: list[str], filters: list[tuple[str, str]], says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(inventory, groups, hosts, filters)
    assert says in str(caught.value)


def layered(*layers: dict[str, object]) -> Host:
    """Defaults, far group, near group, host: each with its data.nornir_hygiene."""
    wrapped = [{"nornir_hygiene": layer} for layer in layers]
    defaults = Defaults(data=wrapped[0])
    far = Group(name="far", data=wrapped[1])
    near = Group(name="near", data=wrapped[2], groups=ParentGroups([far]))
    return Host(name="h", data=wrapped[3], groups=ParentGroups([near]), defaults=defaults)


def test_settings_are_merged_key_by_key_the_nearest_last() -> None:
    host = layered(
        {"transport": "openssh", "sudo": True, "thresholds": {"zombie_warning_s": 1, "blocked_warning_s": 1}},
        {"transport": "netmiko", "thresholds": {"zombie_warning_s": 2}},
        {"multiplex_s": 5, "thresholds": {"zombie_warning_s": 3}},
        {"transport": "paramiko"},
    )
    settings = settings_for(host)
    assert (settings.transport, settings.sudo, settings.multiplex_s) == ("paramiko", True, 5)
    assert (settings.thresholds.zombie_warning_s, settings.thresholds.blocked_warning_s) == (3, 1)


def test_wrong_settings_of_a_foreign_inventory_name_the_host() -> None:
    with pytest.raises(UsageError, match=r"host h: data\.nornir_hygiene\.transport"):
        settings_for(Host(name="h", data={"nornir_hygiene": {"transport": "pigeon"}}))


def test_a_host_without_settings_has_the_usual_ones() -> None:
    assert settings_for(Host(name="h")).transport == "paramiko"
