"""Groups, hosts and variables as the files say them, before anything is merged."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import ConfigError

Variables = dict[str, Any]


@dataclass
class GroupNode:
    """One group; children and hosts keep the order of the files."""

    variables: Variables = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)


class Tree:
    """Filled by the readers, one source after the other; later sources overwrite single variables."""

    def __init__(self) -> None:
        self.groups: dict[str, GroupNode] = {"all": GroupNode(), "ungrouped": GroupNode()}
        self.hosts: dict[str, Variables] = {}

    def group(self, name: str) -> GroupNode:
        """The group, made if it is new."""
        return self.groups.setdefault(name, GroupNode())

    def add_host(self, group: str, host: str, variables: Mapping[str, Any]) -> None:
        """A host may be named in many places; what each says about it adds up."""
        self.group(group).hosts[host] = None
        self.hosts.setdefault(host, {}).update(variables)

    def settle(self, path: Path) -> None:
        """After the last source: who has no group is ungrouped, every group is below `all`, nobody above itself."""
        grouped = {
            host for name, node in self.groups.items() if name not in ("all", "ungrouped") for host in node.hosts
        }
        ungrouped = self.groups["ungrouped"].hosts
        for host in self.hosts:
            if host not in grouped:
                ungrouped[host] = None
            else:
                ungrouped.pop(host, None)
        self.groups["all"].hosts.clear()
        below = {child for node in self.groups.values() for child in node.children}
        self.groups["all"].children.update(dict.fromkeys(name for name in self.groups if name not in below | {"all"}))
        self._refuse_circles(path)

    def _refuse_circles(self, path: Path) -> None:
        if "all" in {child for node in self.groups.values() for child in node.children}:
            raise ConfigError("the group 'all' is below another group", path)
        reached = set(self.depths)
        lost = sorted(set(self.groups) - reached)
        if lost:
            raise ConfigError(f"the group {lost[0]!r} is below itself", path)

    @cached_property
    def depths(self) -> dict[str, int]:
        """The longest way from `all` to each group; groups of a circle have none. Only after `settle`."""
        awaited = Counter(child for node in self.groups.values() for child in node.children)
        deepest = dict.fromkeys(self.groups, 0)
        depths: dict[str, int] = {}
        ready = [name for name in self.groups if not awaited[name]]
        while ready:
            name = ready.pop()
            depths[name] = deepest[name]
            for child in self.groups[name].children:
                deepest[child] = max(deepest[child], deepest[name] + 1)
                awaited[child] -= 1
                if not awaited[child]:
                    ready.append(child)
        return depths

    @cached_property
    def _groups_of_hosts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {host: [] for host in self.hosts}
        for name, node in self.groups.items():
            for host in node.hosts:
                found[host].append(name)
        return found

    @cached_property
    def _parents(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.groups}
        for name, node in self.groups.items():
            for child in node.children:
                found[child].append(name)
        return found

    def groups_with(self, host: str) -> list[str]:
        """The groups that name it themselves."""
        return self._groups_of_hosts[host]

    def all_groups_of(self, host: str) -> set[str]:
        """Those and every group above."""
        found: set[str] = set()
        todo = list(self.groups_with(host))
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self._parents[name]
        return found
