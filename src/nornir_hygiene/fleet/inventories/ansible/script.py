"""Dynamic inventories: a program that prints JSON for `--list`, and for `--host NAME` where `_meta` is missing."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.tree import Tree

# For the list and all --host calls together; a script that asks a cloud takes seconds, one that hangs takes for ever.
DEADLINE_S = 60.0
_LAST_WORDS = 300


def read_script(tree: Tree, path: Path, command: Sequence[str]) -> None:
    """Raises ConfigError with what the program said last; `path` is the file it stands for."""
    end = time.monotonic() + DEADLINE_S
    listed = _json(path, [*command, "--list"], end)
    meta = _mapping(listed.pop("_meta", None), "_meta", path)
    variables = _mapping(meta["hostvars"], "_meta.hostvars", path) if "hostvars" in meta else None
    found: dict[str, None] = {}
    for group, content in listed.items():
        found |= dict.fromkeys(_read_group(tree, group, content, path))
    for host in found:
        said = variables.get(host) if variables is not None else _json(path, [*command, "--host", host], end)
        tree.hosts[host].update(_mapping(said, f"variables of {host}", path))


def _read_group(tree: Tree, name: str, content: Any, path: Path) -> list[str]:
    """`[host, …]` is the short form; a group without any key but variables names itself as a host (Ansible 1.x)."""
    group = tree.group(name)
    if isinstance(content, list):
        content = {"hosts": content}
    fields = _mapping(content, f"group {name}", path)
    if not {"hosts", "vars", "children"} & fields.keys() and fields:
        fields = {"hosts": [name], "vars": fields}
    hosts = [str(host) for host in _list(fields.get("hosts"), f"hosts of {name}", path)]
    for host in hosts:
        tree.add_host(name, host, {})
    group.variables.update(_mapping(fields.get("vars"), f"vars of {name}", path))
    if name != "_meta":
        for child in _list(fields.get("children"), f"children of {name}", path):
            tree.group(str(child))
            group.children[str(child)] = None
    return hosts


def _json(path: Path, command: Sequence[str], end: float) -> dict[str, Any]:
    text = _output(path, command, end)
    try:
        content: Any = json.loads(text or "{}")
    except ValueError as error:
        raise ConfigError(f"{_shown(command)} printed no JSON: {error}", path) from None
    if not isinstance(content, dict):
        raise ConfigError(f"{_shown(command)} printed no JSON object", path)
    return content


def _output(path: Path, command: Sequence[str], end: float) -> str:
    try:
        # Its own session: what it started dies with it when time is up.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        hint = "its first line must name an interpreter that exists"
        raise ConfigError(f"cannot be started: {error.strerror}", path, hint=hint) from None
    try:
        stdout, stderr = process.communicate(timeout=max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        what = f"{_shown(command)} did not end within {DEADLINE_S:.0f} s"
        raise ConfigError(what, path, hint="run it by hand; put its output into a file if it is slow") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode:
        said = stderr.decode("utf-8", "replace").strip().splitlines()
        words = f": {said[-1][-_LAST_WORDS:]}" if said else ", and said nothing"
        raise ConfigError(f"{_shown(command)} ended with {process.returncode}{words}", path)
    return stdout.decode("utf-8", "replace")


def _shown(command: Sequence[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:]])


def _mapping(value: Any, what: str, path: Path) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{what}: must be a mapping, is {type(value).__name__}", path)
    return value


def _list(value: Any, what: str, path: Path) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise ConfigError(f"{what}: must be a list, is {type(value).__name__}", path)
    return value or []
