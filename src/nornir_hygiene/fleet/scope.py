"""Which hosts a report is about: those somebody named, those of a group, or all the history and the project know."""

from collections.abc import Sequence

from nornir.core.inventory import Inventory
from pydantic import Field

from nornir_hygiene.content import default_inventory, user_project
from nornir_hygiene.errors import NrError, UsageError
from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.selection import select
from nornir_hygiene.models.frozen import Frozen


class Scope(Frozen):
    """`hosts` None: whoever was audited, and `expected`. `groups`: by host, every group it is in.

    `why_without`: what is wrong with an inventory that nobody asked for by name, and which is therefore left out.
    """

    words: str
    hosts: frozenset[str] | None = None
    expected: frozenset[str] = frozenset()
    groups: dict[str, frozenset[str]] = Field({})
    why_without: str = ""


def scope_of(where: str | None, groups: Sequence[str] = (), hosts: Sequence[str] = ()) -> Scope:
    """`where` as in --inventory; left out: the project's, and for a group the built-in one.

    Without a group an inventory that is not asked for by name may be missing or broken. Raises UsageError, ConfigError.
    """
    try:
        inventory, why_without = _inventory(where, needed=bool(groups)), ""
    except NrError as error:
        if where or groups:
            raise
        inventory, why_without = None, str(error)
    words = ", ".join([*(f"group {name}" for name in groups), *(f"host {name}" for name in hosts)])
    chosen = _chosen(inventory, groups, hosts)
    names = frozenset(inventory.hosts) if inventory else frozenset()
    return Scope(
        words=words or "all hosts",
        hosts=chosen,
        expected=names if chosen is None else chosen,
        groups=_groups(inventory) if inventory else {},
        why_without=why_without,
    )


def refuse_strangers(hosts: Sequence[str], known: frozenset[str]) -> None:
    """A host nobody has ever heard of is a slip of the pen. Raises UsageError."""
    for name in hosts:
        if name not in known:
            what = f"there is no host {name!r} in the history or the inventory"
            raise UsageError(what, nearest(name, known) or "nr list shows the inventory, nr history the audits")


def _inventory(where: str | None, *, needed: bool) -> Inventory | None:
    """Nobody's fleet is the built-in example unless he says so: its hosts would all be missing."""
    if where:
        return inventory_from(where)
    project = user_project()
    if project and project.inventory.is_dir():
        return inventory_from(str(project.inventory))
    return inventory_from(str(default_inventory())) if needed else None


def _chosen(inventory: Inventory | None, groups: Sequence[str], hosts: Sequence[str]) -> frozenset[str] | None:
    if groups and inventory:
        return frozenset(select(inventory, groups, hosts).inventory.hosts)
    return frozenset(hosts) if hosts else None


def _groups(inventory: Inventory) -> dict[str, frozenset[str]]:
    return {name: frozenset(group.name for group in host.extended_groups()) for name, host in inventory.hosts.items()}
