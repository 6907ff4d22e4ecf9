"""Ansible's INI: `[group]`, `[group:vars]`, `[group:children]`; no file configparser could read."""

import ast
import re
import shlex
import warnings
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.names import expanded
from nornir_hygiene.fleet.inventories.ansible.tree import Tree

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_GROUP = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_SORTS = ("hosts", "vars", "children")


class IniReader:
    """One file into the tree. A group may be named before it is made, but somewhere it must be."""

    def __init__(self, tree: Tree, path: Path) -> None:
        self._tree = tree
        self._path = path
        self._group, self._sort = "ungrouped", "hosts"
        self._made = set(tree.groups)
        self._awaited: dict[str, tuple[int, str]] = {}

    def read(self, text: str) -> None:
        """Raises ConfigError with the line."""
        for number, line in enumerate(map(str.strip, text.splitlines()), 1):
            if line and line[0] not in "#;":
                self._line(number, line)
        for name, (number, what) in self._awaited.items():
            if name not in self._made:
                raise ConfigError(f"{what} the group {name!r}, which is defined nowhere", self._path, number)

    def _line(self, number: int, line: str) -> None:
        if line.startswith("[") and (self._section(number, line) or line.endswith("]")):
            return
        try:
            self._entry(number, line)
        except ValueError as error:
            raise ConfigError(str(error), self._path, number) from None

    def _section(self, number: int, line: str) -> bool:
        found = _SECTION.fullmatch(line)
        if found is None:
            if not line.endswith("]"):
                return False  # a host range such as `[a:c].example.com`
            raise ConfigError(f"not a section: {line}", self._path, number, "for example: [web] or [web:vars]")
        self._group, self._sort = found[1], found[2] or "hosts"
        if self._sort not in _SORTS:
            raise ConfigError(
                f"unknown sort of section {self._sort!r}", self._path, number, f"known: {', '.join(_SORTS)}"
            )
        self._tree.group(self._group)
        if self._sort == "vars":
            self._awaited.setdefault(self._group, (number, "variables for"))
        else:
            self._made.add(self._group)
        return True

    def _entry(self, number: int, line: str) -> None:
        if self._sort == "hosts":
            self._host(line)
        elif self._sort == "vars":
            key, equals, value = line.partition("=")
            if not equals:
                raise ValueError(f"expected key=value, got: {line}")
            self._tree.group(self._group).variables[key.strip()] = typed(value.strip())
        else:
            self._child(number, line)

    def _host(self, line: str) -> None:
        pattern, *assignments = shlex.split(line, comments=True)
        if pattern == "---":
            raise ValueError("this looks like YAML; name the file with .yml")
        names, port = expanded(pattern)
        variables: dict[str, Any] = {} if port is None else {"ansible_port": port}
        for assignment in assignments:
            key, equals, value = assignment.partition("=")
            if not equals:
                raise ValueError(f"expected key=value behind the host, got: {assignment}")
            variables[key] = typed(value)
        for name in names:
            self._tree.add_host(self._group, name, variables)

    def _child(self, number: int, line: str) -> None:
        found = _GROUP.fullmatch(line)
        if found is None:
            raise ValueError(f"expected the name of a group, got: {line}")
        self._awaited.setdefault(found[1], (number, f"[{self._group}:children] includes"))
        self._tree.group(found[1])
        self._tree.group(self._group).children[found[1]] = None


def typed(text: str) -> Any:
    """A Python literal where it is one (`8080`, `True`, `[1, 2]`), else the text: that is how Ansible reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return text if isinstance(value, complex | bytes) or value is ... else value
