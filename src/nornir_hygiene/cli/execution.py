"""Select the hosts, run one task on them under deadlines, with progress: what every `nr run` has in common."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.watched import watched
from nornir_hygiene.content import default_inventory
from nornir_hygiene.report.assemble import RunFrame, new_run_id

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory
    from nornir.core.task import MultiResult

    from nornir_hygiene.content import TaskFunction


@dataclass(frozen=True)
class Execution:
    """Every selected host has a result; after Ctrl-C some of them say only "interrupted". The inventory is whole."""

    frame: RunFrame
    inventory: "Inventory"
    results: Mapping[str, "MultiResult"]
    interrupted: bool
    finished_at: datetime

    def values(self) -> Iterator[tuple[str, Any]]:
        """Each host and what its task returned (or the runner's NotObserved), in the order of their names."""
        yield from ((name, self.results[name][0].result) for name in sorted(self.results))


def execute(request: RunRequest, function: "TaskFunction") -> Execution:
    """Raises the errors of the selection (unknown group, broken inventory); never one of a host."""
    from nornir_hygiene.fleet.inventories import inventory_from
    from nornir_hygiene.fleet.selection import select

    inventory = inventory_from(request.inventory or str(default_inventory()))
    chosen = select(inventory, request.groups, request.hosts, request.filters)
    now = datetime.now(UTC)
    frame = RunFrame(run_id=new_run_id(now), started_at=now, selection=request.selection)
    # What a task prints is no result: it must not get between the JSON.
    with watched(request, request.task, list(chosen.inventory.hosts)) as runner, redirect_stdout(sys.stderr):
        results = chosen.with_runner(runner).run(task=function)
    return Execution(frame, inventory, results, runner.interrupted, datetime.now(UTC))
