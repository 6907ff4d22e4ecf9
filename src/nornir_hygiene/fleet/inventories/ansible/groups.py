"""YAML and TOML inventories: `group: {hosts: …, vars: …, children: …}`."""

from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.names import expanded
from nornir_hygiene.fleet.inventories.ansible.tree import Tree

_FORM = "for example: web: {hosts: {web-1: {}}}"


def read_groups(tree: Tree, content: Any, path: Path) -> None:
    """The whole file. Raises ConfigError naming the group; what Ansible skips is skipped here, too."""
    if not isinstance(content, dict):
        raise ConfigError("must be a mapping of groups", path, 1, _FORM)
    for name, below in content.items():
        if below is None or isinstance(below, dict):
            _read_group(tree, _word(name, path), below or {}, path)


def _read_group(tree: Tree, name: str, content: dict[Any, Any], path: Path) -> None:
    tree.group(name)
    for pattern, variables in _section(content, "hosts", name, path).items():
        try:
            hosts, port = expanded(_word(pattern, path))
        except ValueError as error:
            raise ConfigError(f"group {name}: {error}", path) from None
        said = {str(key): value for key, value in _mapping(variables, f"host {pattern}", path).items()}
        for host in hosts:
            tree.add_host(name, host, said if port is None else {"ansible_port": port, **said})
    for key, value in _section(content, "vars", name, path).items():
        tree.group(name).variables[str(key)] = value
    for child, below in _section(content, "children", name, path).items():
        tree.group(name).children[_word(child, path)] = None
        _read_group(tree, _word(child, path), _mapping(below, f"group {child}", path), path)


def _section(content: dict[Any, Any], key: str, group: str, path: Path) -> dict[Any, Any]:
    value = content.get(key)
    return {value: None} if isinstance(value, str) else _mapping(value, f"{key} of group {group}", path)


def _mapping(value: Any, what: str, path: Path) -> dict[Any, Any]:
    if value is not None and not isinstance(value, dict):
        raise ConfigError(f"{what}: must be a mapping, is {type(value).__name__}", path, hint=_FORM)
    return value or {}


def _word(name: object, path: Path) -> str:
    if not isinstance(name, str):
        raise ConfigError(f"the name {name!r} is not text", path, hint=f'put it into quotes: "{name}"')
    return name
