"""Variables of one host, merged in Ansible's order, with group_vars/ and host_vars/ beside the inventory.

Lowest first: `all` in the inventory, the other groups there (parents before children), group_vars/all, group_vars of
the others, the host in the inventory, host_vars. (ansible-core, VARIABLE_PRECEDENCE; `replace`, never a deep merge.)
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.tree import Tree, Variables
from nornir_hygiene.fleet.inventories.ansible.yaml_text import VAULT_MARK, load_yaml

_EXTENSIONS = ("", ".yml", ".yaml", ".json")
_PRIORITY = "ansible_group_priority"  # orders groups, and is no variable of a host


def host_variables(tree: Tree, files: "VariableFiles", host: str) -> Variables:
    """Everything Ansible would know of this host before a play begins."""
    groups = sorted(tree.all_groups_of(host), key=lambda name: _order(tree, name))
    merged: Variables = {}
    for group in groups:
        merged |= {key: value for key, value in tree.groups[group].variables.items() if key != _PRIORITY}
    for group in groups:
        merged |= files.of("group_vars", group)
    return merged | tree.hosts[host] | files.of("host_vars", host)


def _order(tree: Tree, name: str) -> tuple[int, int, str]:
    """Deeper groups win, `all` is the topmost; then the higher ansible_group_priority; then the later name."""
    try:
        priority = int(tree.groups[name].variables.get(_PRIORITY, 1))
    except (TypeError, ValueError):
        priority = 1
    return tree.depths[name], priority, name


class VariableFiles:
    """group_vars/ and host_vars/ of one folder, each file read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[tuple[str, str], Variables] = {}

    def of(self, sort: str, name: str) -> Variables:
        """`sort` is group_vars or host_vars. Raises ConfigError for a broken file."""
        if name not in self._names[sort]:
            return {}
        if (sort, name) not in self._read:
            merged: Variables = {}
            for path in _files_of(self._folder / sort, name):
                merged |= _mapping(path)
            self._read[sort, name] = merged
        return self._read[sort, name]

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """What there is, so that a thousand hosts without files cost no look-ups."""
        found = {}
        for sort in ("group_vars", "host_vars"):
            folder = self._folder / sort
            entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
            bare = (entry.removesuffix(extension) for entry in entries for extension in _EXTENSIONS if extension)
            found[sort] = {*entries, *bare}
        return found


def _files_of(folder: Path, name: str) -> list[Path]:
    """The first of NAME, NAME.yml, NAME.yaml, NAME.json that exists; of a folder all files below."""
    for extension in _EXTENSIONS:
        path = folder / f"{name}{extension}"
        if path.is_dir():
            return sorted(_below(path))
        if path.is_file():
            return [path]
    return []


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.endswith("~"):
            continue
        if entry.is_dir() and not entry.suffix:
            found += _below(entry)
        elif entry.is_file() and entry.suffix in _EXTENSIONS:
            found.append(entry)
    return found


def _mapping(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path) from None
    if text.startswith(VAULT_MARK):
        return {}  # secrets are Ansible's business: nr logs in with keys
    content = load_yaml(text, path)
    if content is not None and not isinstance(content, dict):
        raise ConfigError("must be a mapping such as `ansible_user: audit`", path, 1)
    return {str(key): value for key, value in (content or {}).items()}
