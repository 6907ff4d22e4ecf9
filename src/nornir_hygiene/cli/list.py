"""`nr list`: what can be run, on which hosts, and where each comes from."""

import sys
from collections.abc import Iterable, Iterator

from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.streams import results


def list_content(inventory: InventoryOption = None) -> None:
    """List tasks, playbooks, wait catalogues and groups."""
    from nornir_hygiene.content import default_inventory, own_catalogue_files, playbook_files, task_files
    from nornir_hygiene.report.safe import safe

    chosen = inventory or str(default_inventory())
    sections = {
        "tasks": ((name, file.origin, str(file.path)) for name, file in task_files().items()),
        "playbooks": ((name, file.origin, str(file.path)) for name, file in playbook_files().items()),
        "wait catalogues beside the built-in one": (
            (name, file.origin, str(file.path)) for name, file in own_catalogue_files().items()
        ),
        f"groups in {chosen}": _groups(chosen),
    }
    with results():
        for title, rows in sections.items():
            sys.stdout.writelines(f"{safe(line)}\n" for line in (title, *_columns(rows)))


def _groups(inventory: str) -> Iterator[tuple[str, str]]:
    from nornir_hygiene.fleet.inventories import inventory_from

    hosts = inventory_from(inventory).hosts
    members: dict[str, int] = {}
    for host in hosts.values():
        for group in host.extended_groups():
            members[group.name] = members.get(group.name, 0) + 1
    yield ("(all)", _counted(len(hosts)))
    yield from ((name, _counted(count)) for name, count in sorted(members.items()))


def _counted(hosts: int) -> str:
    return "1 host" if hosts == 1 else f"{hosts} hosts"


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    table = list(rows)
    if not table:
        yield "  none"
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  " + "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
