"""`nr apply PLAN` and `nr resume RUN`: prove again, act, verify."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format, OutputOption
from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.run import TimeoutOption
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.models.plan import ApplyReport, Plan
    from nornir_hygiene.remediate.ground import Ground
    from nornir_hygiene.remediate.language import Loaded

PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="A plan, its beginning, or its file.")]
_Options = tuple[str | None, float, Format]
ConfirmedOption = Annotated[
    bool, typer.Option("--confirmed", help="You have looked, and say yes to what the run waits for.")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run that broke off; see nr runs.")]


def apply(
    plan_id: PlanArgument,
    inventory: InventoryOption = None,
    output: OutputOption = Format.TEXT,
    timeout: TimeoutOption = 30.0,
) -> int:
    """Carry out a plan: everything is proven again first, and verified afterwards.

    Exit code 4 where a target was refused, failed, or is not repaired.
    """
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.history.plans import find_plan, load_plan
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.remediate.approval import approved
    from nornir_hygiene.remediate.policy import current_policy
    from nornir_hygiene.remediate.start import new_apply_id, person, refuse_if_open, refuse_if_used

    path = find_plan(plan_id)
    plan = load_plan(path)
    loaded = _unchanged(plan)
    who = person()
    agreed = approved(plan, current_policy(), path, who)
    journal = Journal(open_store(), who)
    refuse_if_used(journal, plan, agreed)
    refuse_if_open(journal, plan, loaded.runbook.limits)
    run_id = new_apply_id(datetime.now(UTC))
    journal.append(
        run_id, "run-started", plan=plan.model_dump(mode="json"), approved=agreed and agreed.model_dump(mode="json")
    )
    return _carry_out(plan, loaded, run_id, journal, (inventory, timeout, output))


def resume(
    run_id: RunArgument,
    inventory: InventoryOption = None,
    output: OutputOption = Format.TEXT,
    timeout: TimeoutOption = 30.0,
    confirmed: ConfirmedOption = False,
) -> int:
    """Take up a run that broke off, or that waits for a person.

    The hosts are asked what really happened, and nothing is done twice.
    """
    from nornir_hygiene.history.journal import Journal
    from nornir_hygiene.history.store import open_store
    from nornir_hygiene.remediate.start import person, plan_of

    journal = Journal(open_store(), person())
    plan = plan_of(journal, run_id)
    loaded = _unchanged(plan, expired=True)
    if confirmed:
        _confirm(journal, run_id)
    return _carry_out(plan, loaded, run_id, journal, (inventory, timeout, output))


def _confirm(journal: "Journal", run_id: str) -> None:
    """Exactly the step it waits at: the yes to another one is not given in advance."""
    from nornir_hygiene.remediate.start import person
    from nornir_hygiene.remediate.steps import confirm
    from nornir_hygiene.remediate.waiting import waits_at

    waiting = waits_at(journal, run_id)
    if waiting is None:
        raise UsageError(f"{run_id} waits for nobody", f"without --confirmed: nr resume {run_id}")
    confirm(journal, run_id, person(), waiting.told)


def _unchanged(plan: "Plan", *, expired: bool = False) -> "Loaded":
    """The plan's runbook, if it still is what was planned with, in time."""
    from nornir_hygiene.remediate.language import load_runbook

    loaded = load_runbook(plan.runbook)
    if loaded.digest != plan.runbook_digest:
        raise UsageError(f"the runbook {plan.runbook} has changed since {plan.plan_id} was made", "make a new plan")
    if not expired and plan.expires_at <= datetime.now(UTC):
        raise UsageError(f"{plan.plan_id} expired at {plan.expires_at:%Y-%m-%d %H:%M:%SZ}", "make a new plan")
    return loaded


def _carry_out(plan: "Plan", loaded: "Loaded", run_id: str, journal: "Journal", options: _Options) -> int:
    from nornir_hygiene.content import default_inventory
    from nornir_hygiene.fleet.inventories import inventory_from
    from nornir_hygiene.remediate.ground import Ground

    inventory, timeout, output = options
    where = inventory_from(inventory or plan.inventory or str(default_inventory()))
    report = _applied(plan, loaded, run_id, journal, Ground(where, timeout_s=timeout))
    with results():
        sys.stdout.write(_rendered(report, output))
    return ExitCode.CLEAN if report.well else ExitCode.STEP_FAILED


def _applied(plan: "Plan", loaded: "Loaded", run_id: str, journal: "Journal", ground: "Ground") -> "ApplyReport":
    """As far as it goes without a person, and with each yes of one from there, on fresh evidence."""
    from nornir_hygiene.remediate.apply import apply_plan
    from nornir_hygiene.remediate.past import Past
    from nornir_hygiene.remediate.start import person
    from nornir_hygiene.remediate.steps import Hand, Waiting, confirm
    from nornir_hygiene.remediate.waiting import report_so_far

    while True:
        past = Past(journal.entries(run_id))
        hand = Hand(run_id, person(), ground, journal, past, lambda line: say(f"nr: {line}"))
        try:
            return apply_plan(plan, loaded, hand)
        except Waiting as waiting:
            if not _says_yes(f"{waiting.told['host']}: {waiting.text}"):
                return report_so_far(plan, run_id, journal, waiting)
            confirm(journal, run_id, person(), waiting.told)


def _says_yes(question: str) -> bool:
    """Whether somebody at a terminal types the whole word; where there is no terminal nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(f"nr: {question}\nnr: type yes to go on, anything else to stop here")
    return sys.stdin.readline().strip() == "yes"


def _rendered(report: "ApplyReport", output: Format) -> str:
    from nornir_hygiene.report.json import to_json
    from nornir_hygiene.report.plans import apply_lines
    from nornir_hygiene.report.safe import safe

    if output is Format.TEXT:
        return "".join(f"{safe(line)}\n" for line in apply_lines(report))
    return to_json(report, indent=2 if output is Format.JSON else None) + "\n"
