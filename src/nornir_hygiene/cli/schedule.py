"""`nr schedule`: audits again and again, by systemd, cron or Kubernetes; what was made and what was missed."""

import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.run import GroupOption, HostOption, NotifyOption, TimeoutOption, WorkersOption
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_hygiene.models.schedule import Schedule, ScheduleState

schedule = typer.Typer(name="schedule", help="Audits again and again, and what they missed.", no_args_is_help=True)


class As(StrEnum):
    """systemd: units, installed. cron: lines for a crontab. cronjob: a manifest for Kubernetes."""

    SYSTEMD = "systemd"
    CRON = "cron"
    CRONJOB = "cronjob"


class Report(StrEnum):
    """none, or an HTML file each morning."""

    NONE = "none"
    DAILY = "daily"


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As nr schedule list shows it.")]
StartArgument = Annotated[str, typer.Argument(metavar="NAME", help="A schedule, or the file of one (.json).")]


@schedule.command()
def install(
    every: Annotated[str, typer.Option("--every", metavar="SPAN", help="What divides an hour or a day: 15m, 6h, 1d.")],
    group: GroupOption = None,
    host: HostOption = None,
    inventory: InventoryOption = None,
    name: Annotated[str, typer.Option("--name", help="Small letters, digits and -; else made of the groups.")] = "",
    report: Annotated[Report, typer.Option("--report", help="Write a report each morning.")] = Report.NONE,
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many reports are kept.")] = 30,
    notify: NotifyOption = False,
    timeout: TimeoutOption = 30.0,
    workers: WorkersOption = 20,
    form: Annotated[As, typer.Option("--as", help="Who starts it.")] = As.SYSTEMD,
    image: Annotated[str, typer.Option("--image", help="cronjob: the container image that has nr.")] = "",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Units go there; nothing is started.")
    ] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Show it, and change nothing.")] = False,
) -> int:
    """Audit these hosts every so often, from this folder, with this inventory.

    The units are shown, written and started; lines of a crontab and a manifest are only shown: they are yours to put in
    place. Without --group and --host these are all hosts of the inventory.
    """
    from nornir_hygiene.cli.schedule_install import Wish, install_schedule

    wish = Wish(
        every=every,
        groups=tuple(group or ()),
        hosts=tuple(host or ()),
        inventory=inventory,
        name=name,
        report=report.value,
        keep=keep,
        notify=notify,
        timeout_s=timeout,
        workers=workers,
        form=form.value,
        image=image,
        to=to,
        only_print=only_print,
    )
    return install_schedule(wish)


@schedule.command(name="list")
def list_schedules(output: OutputOption = Format.TEXT) -> int:
    """Each schedule, its last run, its next one, and what it missed. Exit code 1 if any missed a run today."""
    from nornir_hygiene.history.schedules import all_schedules

    known = [one for one in all_schedules() if one.removed_at is None]
    states = _states(known) if known else []
    _print(states, output)
    return ExitCode.FINDINGS if any(state.missed for state in states) else ExitCode.CLEAN


@schedule.command()
def remove(name: NameArgument) -> int:
    """End a schedule. What it audited stays in the history, and what it missed is still told."""
    from nornir_hygiene.cli.schedule_units import remove_units
    from nornir_hygiene.history.schedules import find_schedule, save_schedule

    known = find_schedule(name)
    if known.form == "systemd":
        remove_units(known)
    save_schedule(known.model_copy(update={"removed_at": datetime.now(UTC)}))
    if known.form != "systemd":
        say(f"nr: {name} is over here; take it out of {'the crontab' if known.form == 'cron' else 'the cluster'} too")
    return ExitCode.CLEAN


@schedule.command()
def run(
    name: StartArgument,
    zero: Annotated[
        bool, typer.Option("--zero", help="Exit 0 for findings and hosts that were not observed too.")
    ] = False,
) -> int:
    """One audit, as the schedule says; what its timer starts. If one is still under way, exit 3 at once."""
    from nornir_hygiene.cli.schedule_run import run_once

    code = run_once(name)
    return ExitCode.CLEAN if zero and code in (ExitCode.FINDINGS, ExitCode.NOT_OBSERVED) else code


@schedule.command()
def report(name: StartArgument) -> int:
    """Write the report of the last day, and forget the oldest ones; what its timer starts each morning."""
    from nornir_hygiene.cli.schedule_run import report_once

    return report_once(name)


def _states(known: "Iterable[Schedule]") -> "list[ScheduleState]":
    from nornir_hygiene.history.missed import last_run, missed_runs
    from nornir_hygiene.history.schedules import left_out
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.models.schedule import ScheduleState, next_due

    store, now = open_store(), datetime.now(UTC)
    day = now - timedelta(days=1)
    return [
        ScheduleState(
            schedule=one,
            last_run=last_run(store, one, now),
            next_due=next_due(one, now),
            missed=sum(gap.runs for gap in missed_runs(store, (one,), day, now)),
            left_out=sum(at >= day for at in left_out(one.name)),
        )
        for one in known
    ]


def _print(states: "list[ScheduleState]", output: Format) -> None:
    from nornir_hygiene.report.json import dumps
    from nornir_hygiene.report.safe import safe
    from nornir_hygiene.report.schedule import state_lines

    plain = [state.model_dump(mode="json") for state in states]
    with results():
        if output is Format.TEXT:
            sys.stdout.writelines(f"{safe(line)}\n" for line in state_lines(states))
        elif output is Format.JSONL:
            sys.stdout.writelines(f"{dumps(one)}\n" for one in plain)
        else:
            sys.stdout.write(f"{dumps(plain, indent=2)}\n")
