"""`nr notify`: tells the receivers of the project's notification.yaml what is new, worse or gone."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.inventory_option import InventoryOption
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_hygiene.fleet.notifying import Told

DigestOption = Annotated[
    bool, typer.Option("--digest", help="Send the digest now, to all who want one, whatever the hour.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send and remember nothing.")]


def notify(digest: DigestOption = False, dry_run: DryRunOption = False, inventory: InventoryOption = None) -> int:
    """Tell receivers what is new, worse or gone: docs/notification.md. Exit code 4 if one could not be told."""
    from nornir_hygiene.fleet.notifying import Order, receivers, tell
    from nornir_hygiene.history.store import open_store

    to = receivers(inventory)
    done = tell(open_store(), to, Order(digest=digest, dry_run=dry_run))
    failed = [one for one in done if one.failure]
    with results():
        for one in done:
            if not one.failure:
                sys.stdout.writelines(f"{line}\n" for line in _lines(one, dry_run=dry_run))
    _say_failures(failed, "nr")
    return ExitCode.STEP_FAILED if failed else ExitCode.CLEAN


def notify_after_audit(inventory: str | None) -> None:
    """The same for an audit that is saved, whose result it must not cost: what goes wrong is a warning."""
    from sqlalchemy.exc import SQLAlchemyError

    from nornir_hygiene.errors import NrError
    from nornir_hygiene.fleet.notifying import Order, receivers, tell
    from nornir_hygiene.history.store import open_store

    try:
        done = tell(open_store(), receivers(inventory), Order())
    except (NrError, SQLAlchemyError, OSError) as error:
        say(f"nr: warning: nobody was told: {error}")
        return
    _say_failures((one for one in done if one.failure), "nr: warning")


def _say_failures(failed: "Iterable[Told]", who: str) -> None:
    for one in failed:
        by = f" ({one.scheme})" if one.scheme else ""
        say(f"{who}: {one.receiver}{by} was not told: {one.failure}\n  the next nr notify tries again")


def _lines(one: "Told", *, dry_run: bool) -> "Iterable[str]":
    if not one.subject:
        return (f"{one.receiver}: nothing to tell",)
    if not dry_run:
        return (f"{one.receiver} ({one.scheme}): {one.subject}",)
    return (f"{one.receiver} would be told: {one.subject}", *(f"  {line}".rstrip() for line in one.body.splitlines()))
