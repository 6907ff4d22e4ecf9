"""`nr run TASK`: one Nornir task on the chosen hosts; the built-in `audit` and `record` are shown and kept in full."""

from typing import Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.errors import ExitCode, UsageError
from nornir_hygiene.models.finding import Severity

TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="audit, record, or a task of your own: nr list.")]
GroupOption = Annotated[list[str] | None, typer.Option("--group", help="Hosts of this group; may be repeated.")]
HostOption = Annotated[list[str] | None, typer.Option("--host", help="This host; may be repeated.")]
FilterOption = Annotated[
    list[str] | None, typer.Option("--filter", metavar="KEY=VALUE", help="Hosts whose data say so; may be repeated.")
]
FailOnOption = Annotated[Severity, typer.Option("--fail-on", help="Exit 1 from this severity on (audit).")]
RequireAllOption = Annotated[
    bool, typer.Option("--require-all", help="Exit 3 if any host was not observed, whatever was found (audit).")
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", metavar="S", min=0.1, max=86400, help="Seconds for each host, all included.")
]
WorkersOption = Annotated[
    int, typer.Option("--workers", metavar="N", min=1, max=4096, help="Hosts looked at at the same time.")
]
SecondRoundOption = Annotated[
    bool,
    typer.Option(
        "--second-round/--no-second-round", help="Ask the cluster behind hung devices for the cause (audit, record)."
    ),
]
NotifyOption = Annotated[
    bool, typer.Option("--notify", help="Tell the receivers of notification.yaml afterwards, like nr notify (audit).")
]


def run(
    task: TaskArgument,
    group: GroupOption = None,
    host: HostOption = None,
    filter_: FilterOption = None,
    inventory: InventoryOption = None,
    output: OutputOption = Format.TEXT,
    fail_on: FailOnOption = Severity.WARNING,
    require_all: RequireAllOption = False,
    timeout: TimeoutOption = 30.0,
    workers: WorkersOption = 20,
    second_round: SecondRoundOption = True,
    notify: NotifyOption = False,
) -> int:
    """Run a task on the chosen hosts.

    Without --group, --host and --filter these are all hosts of the inventory.
    """
    request = RunRequest(
        task=task,
        groups=tuple(group or ()),
        hosts=tuple(host or ()),
        filters=tuple(key_value(each) for each in filter_ or ()),
        inventory=inventory,
        output=output,
        fail_on=fail_on,
        require_all=require_all,
        timeout_s=timeout,
        workers=workers,
        second_round=second_round,
        notify=notify,
    )
    return _carry_out(request)


def _carry_out(request: RunRequest) -> ExitCode:
    from nornir_hygiene.cli.run_audit import run_audit
    from nornir_hygiene.cli.run_own import run_own
    from nornir_hygiene.cli.run_record import run_record
    from nornir_hygiene.content import BUILT_IN, load_task, task_files

    function = load_task(request.task)
    # A project's own task named `audit` is its own: only the built-in ones are known to return our models.
    known = {"audit": run_audit, "record": run_record} if task_files()[request.task].origin == BUILT_IN else {}
    if request.notify and known.get(request.task) is not run_audit:
        raise UsageError(f"--notify belongs to the audit, not to {request.task}", "nr notify tells at any time")
    code = known.get(request.task, run_own)(request, function)
    if request.notify and code is not ExitCode.INTERRUPTED:
        from nornir_hygiene.cli.notify import notify_after_audit

        notify_after_audit(request.inventory)
    return code


def key_value(text: str) -> tuple[str, str]:
    """`role=worker` as a pair. Raises UsageError."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--filter {text!r} is not KEY=VALUE", "for example: --filter role=worker")
    return key, value
