"""One source of an Ansible inventory, whatever it is: folder, script, INI, YAML, TOML, plugin configuration."""

import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.groups import read_groups
from nornir_hygiene.fleet.inventories.ansible.ini import IniReader
from nornir_hygiene.fleet.inventories.ansible.script import read_script
from nornir_hygiene.fleet.inventories.ansible.tree import Tree
from nornir_hygiene.fleet.inventories.ansible.yaml_text import VAULT_MARK, load_yaml

# ansible-core: IGNORED_ALWAYS, REJECT_EXTS and INVENTORY_IGNORE_EXTS.
_IGNORED = re.compile(
    r"^\.|^(host_vars|group_vars|vars_plugins)$|(\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.cfg|\.retry)$"
)
_YAML = (".yml", ".yaml", ".json")


def read_source(tree: Tree, path: Path) -> None:
    """Raises ConfigError with file and line."""
    if path.is_dir():
        for entry in sorted(path.iterdir(), key=lambda each: os.fsencode(each.name)):
            if not _IGNORED.search(entry.name):
                read_source(tree, entry)
    elif _is_script(path):
        read_script(tree, path, [str(path.absolute())])
    else:
        _read_text(tree, path)


def _is_script(path: Path) -> bool:
    """Executable alone is not enough: on a file share everything is."""
    if not os.access(path, os.X_OK):
        return False
    with path.open("rb") as stream:
        return stream.read(4).startswith((b"#!", b"\x7fELF"))


def _read_text(tree: Tree, path: Path) -> None:
    text = _text(path)
    if path.suffix == ".toml":
        read_groups(tree, _toml(text, path), path)
    elif path.suffix in _YAML:
        _yaml(tree, load_yaml(text, path), path)
    elif not path.suffix and (content := _maybe_yaml(text, path)):
        _yaml(tree, content, path)
    else:
        IniReader(tree, path).read(text)


def _maybe_yaml(text: str, path: Path) -> dict[Any, Any] | None:
    """`hosts` without an ending may be either; INI never reads as a mapping of mappings."""
    try:
        content = load_yaml(text, path)
    except ConfigError:
        return None
    return content if isinstance(content, dict) else None


def _yaml(tree: Tree, content: Any, path: Path) -> None:
    if isinstance(content, dict) and content.get("plugin"):
        _ask_ansible(tree, path, str(content["plugin"]))
    else:
        read_groups(tree, content, path)


def _ask_ansible(tree: Tree, path: Path, plugin: str) -> None:
    """Only Ansible knows its plugins; its own tool prints what a dynamic script would."""
    program = shutil.which("ansible-inventory")
    if program is None:
        hint = "install ansible-core and the plugin's collection, or give a static file or a script"
        raise ConfigError(
            f"is for Ansible's plugin {plugin!r}, and there is no ansible-inventory here", path, hint=hint
        )
    read_script(tree, path, [program, "-i", str(path)])


def _toml(text: str, path: Path) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", path) from None


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path) from None
    if text.startswith(VAULT_MARK):
        raise ConfigError("is encrypted with ansible-vault", path, hint="ansible-vault view FILE shows it")
    return text
