"""`suppressions.yaml` of the project: read strictly, and laid over what an audit found."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import get_args

from nornir.core.inventory import Inventory

from nornir_hygiene.content import YamlFile, suppression_data
from nornir_hygiene.diagnose.suppression import applied
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.knowledge import kind_book
from nornir_hygiene.fleet.strict_yaml import checked, wrong
from nornir_hygiene.fleet.yaml_lines import item_lines
from nornir_hygiene.models.host import Reason
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.suppression import Suppression, SuppressionEntry

_NEVER = "it is a reason why a host was not observed, and that is told in any case"


@cache
def suppressions() -> tuple[Suppression, ...]:
    """All entries of the current project, read once per process; often none. Raises ConfigError with file and line."""
    file = suppression_data()
    return read_suppressions(file) if file else ()


def read_suppressions(file: YamlFile) -> tuple[Suppression, ...]:
    """A list of entries, each with the line it begins at. Raises ConfigError."""
    if file.content in (None, "", []):
        return ()
    if not isinstance(file.content, list):
        raise ConfigError("must be a list of entries such as `- kind: stopped`", file.path, 1)
    lines = item_lines(file.path.read_text(encoding="utf-8"))
    return tuple(_entry(file, number, f"{file.path.name}:{line}") for number, line in enumerate(lines))


def _entry(file: YamlFile, number: int, where: str) -> Suppression:
    entry = checked(SuppressionEntry, file.content[number], file.path, (number,))
    kinds = [each.kind for each in kind_book().kinds]
    for place, kind in enumerate(entry.kind):
        if kind not in kinds:
            hint = _NEVER if kind in get_args(Reason) else nearest(kind, kinds)
            raise wrong(f"there is no kind {kind!r}", file.path, (number, "kind", place), hint)
    return Suppression(**entry.model_dump(exclude_unset=True), where=where)


def with_suppressions(report: AuditReport, inventory: Inventory, now: datetime) -> AuditReport:
    """The report as the project's suppressions are now; `inventory` says who is in which group. Raises ConfigError."""
    entries = suppressions()
    sick = (host.host for host in report.hosts if host.findings)
    return applied(entries, report, groups_of(inventory, sick) if entries else {}, now)


def groups_of(inventory: Inventory, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every group each host is in, by whatever way; a host the inventory does not have (any more) is in none."""
    hosts = (inventory.hosts[name] for name in names if name in inventory.hosts)
    return {host.name: frozenset(group.name for group in host.extended_groups()) for host in hosts}
