"""`nr plan [RUNBOOK]`: what would be done about what is found now; saved, shown, and nothing changed."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.run import FilterOption, GroupOption, HostOption, TimeoutOption, WorkersOption, key_value
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_hygiene.models.plan import Plan
    from nornir_hygiene.models.run import AuditReport
    from nornir_hygiene.remediate.language import Loaded

RunbookArgument = Annotated[
    str, typer.Argument(metavar="[RUNBOOK]", help="One of `nr list`, playbooks; left out: each that is for something.")
]
FromOption = Annotated[
    str, typer.Option("--from", metavar="RUN", help="Plan from this saved audit, instead of from a new one.")
]
ExpiryOption = Annotated[
    int, typer.Option("--expires", metavar="S", min=10, max=86400, help="Seconds after which the plan is void.")
]


def plan(
    runbook: RunbookArgument = "",
    group: GroupOption = None,
    host: HostOption = None,
    filter_: FilterOption = None,
    inventory: InventoryOption = None,
    from_run: FromOption = "",
    expires: ExpiryOption = 900,
    output: OutputOption = Format.TEXT,
    timeout: TimeoutOption = 30.0,
    workers: WorkersOption = 20,
) -> int:
    """Bind a runbook to what an audit finds: exact steps on exact hosts, and what speaks against them.

    `nr apply` proves all of it again before it does anything.
    """
    from nornir_hygiene.history.plans import save_plan
    from nornir_hygiene.remediate.language import every_runbook, load_runbook
    from nornir_hygiene.remediate.plan import Frame, make_plan

    wanted = (load_runbook(runbook),) if runbook else every_runbook()
    request = RunRequest(
        task="audit",
        groups=tuple(group or ()),
        hosts=tuple(host or ()),
        filters=tuple(key_value(each) for each in filter_ or ()),
        inventory=inventory,
        output=output,
        fail_on=Severity.WARNING,
        require_all=False,
        timeout_s=timeout,
        workers=workers,
    )
    report = _audit(request, from_run)
    frame = Frame(made_at=datetime.now(UTC), inventory=inventory or "", expires_s=expires)
    made_of = (make_plan(loaded, report, frame, _earlier(loaded, report)) for loaded in wanted)
    plans = [_guarded(made, inventory) for made in made_of if made.targets or made.left_out or runbook]
    with results():
        for made in plans:
            sys.stdout.write(_rendered(made, output))
            say(f"nr: saved as {save_plan(made)}")
    return ExitCode.FINDINGS if any(made.targets for made in plans) else ExitCode.CLEAN


def _audit(request: RunRequest, from_run: str) -> "AuditReport":
    from nornir_hygiene.cli.run_audit import audited_report
    from nornir_hygiene.history.runs import load_run

    return _as_suppressed_now(load_run(from_run), request.inventory) if from_run else audited_report(request)


def _as_suppressed_now(report: "AuditReport", inventory: str | None) -> "AuditReport":
    """A saved audit says what was suppressed at its time."""
    from nornir_hygiene.content import default_inventory
    from nornir_hygiene.fleet.inventories import inventory_from
    from nornir_hygiene.fleet.suppressing import with_suppressions

    return with_suppressions(report, inventory_from(inventory or str(default_inventory())), datetime.now(UTC))


def _earlier(loaded: "Loaded", report: "AuditReport") -> "Iterator[AuditReport]":
    """Saved audits, for a runbook that asks for a second one."""
    from nornir_hygiene.history.earlier import earlier_runs
    from nornir_hygiene.remediate.seen_before import asks_for_two, window

    if asks_for_two(loaded.runbook):
        kinds = loaded.runbook.handles.kinds
        findings = (finding for host in report.hosts for finding in host.findings if finding.kind in kinds)
        yield from earlier_runs(*window(report, loaded.runbook), {finding.fingerprint for finding in findings})


def _guarded(made: "Plan", inventory: str | None) -> "Plan":
    from nornir_hygiene.content import default_inventory
    from nornir_hygiene.fleet.inventories import inventory_from
    from nornir_hygiene.remediate.lifelines import Lifelines

    return Lifelines(inventory_from(inventory or str(default_inventory()))).guarded(made) if made.targets else made


def _rendered(made: "Plan", output: Format) -> str:
    from nornir_hygiene.report.json import to_json
    from nornir_hygiene.report.plans import plan_lines
    from nornir_hygiene.report.safe import safe

    if output is Format.TEXT:
        return "".join(f"{safe(line)}\n" for line in plan_lines(made))
    return to_json(made, indent=2 if output is Format.JSON else None) + "\n"
