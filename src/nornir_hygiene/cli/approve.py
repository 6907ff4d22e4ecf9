"""`nr approve PLAN`: a second person signs exactly this plan."""

from pathlib import Path
from typing import Annotated

import typer

from nornir_hygiene.cli.streams import say
from nornir_hygiene.errors import ExitCode


def approve(
    plan_id: Annotated[str, typer.Argument(metavar="PLAN", help="A plan, its beginning, or its file.")],
    key: Annotated[Path, typer.Option("--key", help="Your own SSH key; a public one is looked up in the agent.")],
) -> int:
    """Sign a plan with your SSH key, so that another person can apply it."""
    from nornir_hygiene.history.plans import find_plan, load_plan
    from nornir_hygiene.remediate.approval import sign
    from nornir_hygiene.remediate.policy import current_policy

    path = find_plan(plan_id)
    signature = sign(load_plan(path), current_policy(), path, key)
    say(f"nr: {path.stem} is approved: {signature}")
    return ExitCode.CLEAN
