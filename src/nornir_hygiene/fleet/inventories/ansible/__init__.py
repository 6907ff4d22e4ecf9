"""Ansible inventories: INI, YAML, TOML, folders, dynamic scripts; group_vars and host_vars beside them.

Read by ourselves and not by ansible-core: `nr` needs no second tool, the result is the same on each machine, mistakes
are named with file and line, and starting costs no second. Only a file for one of Ansible's inventory plugins
(`plugin: amazon.aws.aws_ec2`) is given to `ansible-inventory`, because nothing else can know what it means.
tests/fleet/inventories compares the rest with `ansible-inventory` itself.
"""

from pathlib import Path

from nornir.core.inventory import Defaults, Group, Groups, Host, Hosts, Inventory, ParentGroups

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventories.ansible.connection import host_attributes
from nornir_hygiene.fleet.inventories.ansible.files import read_source
from nornir_hygiene.fleet.inventories.ansible.tree import Tree
from nornir_hygiene.fleet.inventories.ansible.variables import VariableFiles, host_variables

_WHERE = "give --inventory ansible:PATH, a file, a folder or a script"


def load(place: str, defaults: Defaults) -> Inventory:
    """The inventory at `place`. Raises ConfigError with file and line, or with the script's last words."""
    path = Path(place).expanduser()
    if not place or not path.exists():
        raise ConfigError("there is no such file or folder", path, hint=_WHERE)
    tree = Tree()
    read_source(tree, path)
    tree.settle(path)
    if not tree.hosts:
        raise ConfigError("names no host", path, hint=_WHERE)
    return _nornir(tree, path, defaults)


def _nornir(tree: Tree, path: Path, defaults: Defaults) -> Inventory:
    """Each host carries all its variables, merged as Ansible merges them; groups carry membership."""
    files = VariableFiles(path if path.is_dir() else path.parent)
    groups = Groups({name: Group(name=name, defaults=defaults) for name in tree.groups})
    for name, node in tree.groups.items():
        for child in node.children:
            groups[child].groups.append(groups[name])
    hosts = Hosts()
    for name in tree.hosts:
        try:
            attributes = host_attributes(name, host_variables(tree, files, name))
        except ValueError as error:
            raise ConfigError(f"host {name}: {error}", path) from None
        parents = ParentGroups([groups[group] for group in tree.groups_with(name)])
        hosts[name] = Host(name=name, groups=parents, defaults=defaults, **attributes)
    return Inventory(hosts=hosts, groups=groups, defaults=defaults)
