"""Which hosts, and how each is reached and judged. Nothing is written: no nornir.log, no logging set up."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nornir.core import Nornir
from nornir.core.inventory import (
    ConnectionOptions,
    Defaults,
    Group,
    Groups,
    Host,
    Hosts,
    Inventory,
    ParentGroups,
)
from nornir.core.plugins.runners import RunnerPlugin
from pydantic import ValidationError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.fleet.inventory_file import (
    SETTINGS_KEY,
    DefaultsEntry,
    Entry,
    InventoryFile,
    OptionsEntry,
    nearest,
)
from nornir_hygiene.models.settings import HostSettings

_ATTRIBUTES = ("name", "hostname", "port", "username", "platform")

# Without a handler Python prints Nornir's warnings and tracebacks on stderr; what they say is in the results.
logging.getLogger("nornir").addHandler(logging.NullHandler())


def load_inventory(folder: Path) -> Inventory:
    """hosts.yaml, and if they are there groups.yaml and defaults.yaml. Raises ConfigError with file and line."""
    if not (folder / "hosts.yaml").is_file():
        raise ConfigError("there is no hosts.yaml in this folder", folder, hint="give --inventory DIR")
    defaults = load_defaults(folder / "defaults.yaml")
    groups = Groups()
    groups_file = folder / "groups.yaml"
    if groups_file.is_file():
        _fill(groups, Group, InventoryFile(groups_file), groups, defaults)
    hosts = Hosts()
    _fill(hosts, Host, InventoryFile(folder / "hosts.yaml"), groups, defaults)
    _refuse_unknown_admins(folder, hosts, groups, defaults)
    return Inventory(hosts=hosts, groups=groups, defaults=defaults)


def nornir_for(inventory: Inventory, runner: RunnerPlugin | None = None) -> Nornir:
    """A Nornir without InitNornir: no plugin is imported that is not used, no logging is configured."""
    return Nornir(inventory=inventory, runner=runner)


def select(
    inventory: Inventory,
    groups: Iterable[str] = (),
    hosts: Iterable[str] = (),
    filters: Iterable[tuple[str, str]] = (),
) -> Nornir:
    """The hosts that are in one of `groups`, are one of `hosts`, and match all `filters`; an empty one asks nothing.

    Raises UsageError for an unknown name, and when nobody is left.
    """
    wanted_groups, wanted_hosts, wanted = tuple(groups), set(hosts), tuple(filters)
    _check_names("group", wanted_groups, inventory.groups)
    _check_names("host", wanted_hosts, inventory.hosts)
    _check_names("key", [key for key, _ in wanted], _filter_keys(inventory))
    conditions: list[Callable[[Host], bool]] = [lambda host: all(_has(host, key, value) for key, value in wanted)]
    if wanted_groups:
        conditions.append(lambda host: any(host.has_parent_group(group) for group in wanted_groups))
    if wanted_hosts:
        conditions.append(lambda host: host.name in wanted_hosts)
    chosen = inventory.filter(filter_func=lambda host, **_: all(condition(host) for condition in conditions))
    if not chosen.hosts:
        raise UsageError("no host is selected", f"the inventory has {len(inventory.hosts)} hosts; see nr list")
    return nornir_for(chosen)


def settings_for(host: Host) -> HostSettings:
    """data.nornir_hygiene of the defaults, the groups and the host, merged key by key, the nearest to the host last.

    >>> settings_for(Host(name="h", data={"nornir_hygiene": {"transport": "openssh"}})).transport
    'openssh'
    """
    layers = [host.defaults.data, *(group.data for group in reversed(host.extended_groups())), host.data]
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merged(merged, layer.get(SETTINGS_KEY) or {})
    try:
        return HostSettings.model_validate(merged)
    except ValidationError as error:  # an inventory that did not come from load_inventory
        first = error.errors()[0]
        where = ".".join(map(str, ("data", SETTINGS_KEY, *first["loc"])))
        raise UsageError(f"host {host.name}: {where}: {first['msg']}") from None


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(below[key], value) if isinstance(value, Mapping) and isinstance(below.get(key), Mapping) else value
        for key, value in above.items()
    }
    return {**below, **both}


def _check_names(sort: str, asked: Iterable[str], known: Iterable[str]) -> None:
    names = set(known)
    for name in asked:
        if name not in names:
            raise UsageError(f"there is no {sort} {name!r} in the inventory", nearest(name, names))


def _filter_keys(inventory: Inventory) -> set[str]:
    elements = (*inventory.groups.values(), *inventory.hosts.values())
    data = [inventory.defaults.data, *(element.data for element in elements)]
    return {*_ATTRIBUTES, *(key for layer in data for key in layer)} - {SETTINGS_KEY}


def _has(host: Host, key: str, wanted: str) -> bool:
    value = getattr(host, key) if key in _ATTRIBUTES else host.extended_data().get(key)
    if isinstance(value, list):
        return wanted in map(str, value)
    # YAML's true is Python's True; whoever types role=true means the former.
    return wanted == (str(value).lower() if isinstance(value, bool) else str(value))


def load_defaults(path: Path) -> Defaults:
    """defaults.yaml; empty where there is none. Raises ConfigError with file and line."""
    if not path.is_file():
        return Defaults()
    file = InventoryFile(path)
    entry = file.checked(DefaultsEntry, file.content)
    return Defaults(**_attributes(entry))


def _fill(
    into: dict[str, Any], sort: type[Host], file: InventoryFile, groups: Mapping[str, Group], defaults: Defaults
) -> None:
    """Make all elements first, then tie them to their groups: a group may name one that stands further down."""
    entries = file.entries()
    for name, entry in entries.items():
        into[name] = sort(name=name, defaults=defaults, **_attributes(entry))
    for name, entry in entries.items():
        into[name].groups = _parents(name, entry, file, groups)
    for name in entries:
        _refuse_circle(into[name], file)


def _parents(name: str, entry: Entry, file: InventoryFile, groups: Mapping[str, Group]) -> ParentGroups:
    for index, group in enumerate(entry.groups or ()):
        if group not in groups:
            raise file.wrong(
                f"{name} is in the group {group!r}, which does not exist",
                (name, "groups", index),
                nearest(group, groups),
            )
    return ParentGroups([groups[group] for group in entry.groups or ()])


def _refuse_unknown_admins(folder: Path, hosts: Hosts, groups: Groups, defaults: Defaults) -> None:
    """`kubernetes_admin` names a host of this inventory: better said now than in the middle of a repair."""
    places: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [("defaults.yaml", (), defaults.data)]
    places += [("groups.yaml", (name,), group.data) for name, group in groups.items()]
    places += [("hosts.yaml", (name,), host.data) for name, host in hosts.items()]
    for file, steps, data in places:
        named = (data.get(SETTINGS_KEY) or {}).get("kubernetes_admin")
        if named and named not in hosts:
            where = (*steps, "data", SETTINGS_KEY, "kubernetes_admin")
            raise InventoryFile(folder / file).wrong(f"there is no host {named!r}", where, nearest(named, hosts))


def _refuse_circle(element: Host, file: InventoryFile) -> None:
    above, seen = list(element.groups), set[str]()
    while above:
        group = above.pop()
        if group is element:
            raise file.wrong(f"the group {element.name!r} is above itself", (element.name, "groups"))
        if group.name not in seen:
            seen.add(group.name)
            above += group.groups


def _attributes(entry: DefaultsEntry) -> dict[str, Any]:
    plain = {key: getattr(entry, key) for key in ("hostname", "port", "username", "password", "platform")}
    options = {name: _options(each or OptionsEntry()) for name, each in (entry.connection_options or {}).items()}
    return {**plain, "data": dict(entry.data or {}), "connection_options": options}


def _options(entry: OptionsEntry) -> ConnectionOptions:
    return ConnectionOptions(**entry.model_dump())
