"""The inventories people have: Nornir's own folder, an OpenSSH config, anything Ansible reads without plugins.

`--inventory WORD:PLACE`, or only a folder. A new sort is one module with `load(place, defaults) -> Inventory` and a
line here. `defaults` are what holds for every host of the project anyway: thresholds, sudo and the like.
"""

from collections.abc import Callable
from pathlib import Path

from nornir.core.inventory import Defaults, Inventory

from nornir_hygiene.content import user_project
from nornir_hygiene.fleet.inventories import ansible, ssh_config
from nornir_hygiene.fleet.selection import load_defaults, load_inventory

INVENTORIES: dict[str, Callable[[str, Defaults], Inventory]] = {
    "nornir": lambda place, _: load_inventory(Path(place).expanduser()),
    "ssh-config": ssh_config.load,
    "ansible": ansible.load,
}


def inventory_from(spec: str) -> Inventory:
    """`DIR`, `ssh-config`, `ssh-config:PATH` or `ansible:PATH`. Raises ConfigError with file and line.

    A folder whose name is one of the words is written with its path: `./ansible`.
    """
    word, _, place = spec.partition(":")
    if word in INVENTORIES:
        return INVENTORIES[word](place, _project_defaults())
    return load_inventory(Path(spec).expanduser())


def _project_defaults() -> Defaults:
    """The `data` of the project's own defaults.yaml. Not its user name and port: those the other inventory knows."""
    project = user_project()
    return Defaults(data=load_defaults(project.inventory / "defaults.yaml").data) if project else Defaults()
