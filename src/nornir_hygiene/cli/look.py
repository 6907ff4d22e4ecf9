"""What `nr tree` and `nr threads` share: one host, seen now or in a recording."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_hygiene.cli.formats import Format
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import NotObserved

if TYPE_CHECKING:
    from nornir_hygiene.diagnose.scene import Scene
    from nornir_hygiene.fleet.observe import Observation

HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="One host of the inventory.")]
RecordingOption = Annotated[
    Path | None,
    typer.Option("--recording", metavar="FILE", help="Look at this recording of the host; of a folder, at the newest."),
]


@dataclass(frozen=True)
class Look:
    """Which host, and how. `look`: see probe_request."""

    command: str
    host: str
    look: int
    inventory: str | None
    timeout_s: float
    recording: Path | None
    output: Format


def show(look: Look, view: "Callable[[Scene], Frozen]", lines: Callable[..., Iterable[str]]) -> ExitCode:
    """Print the view of one observation; a host that was not observed says why on stderr."""
    from nornir_hygiene.fleet.look import scene_of
    from nornir_hygiene.report.json import to_json

    seen, interrupted = _seen(look)
    scene = scene_of(look.host, seen)
    if isinstance(scene, NotObserved):
        hint = f"\n  {scene.hint}" if scene.hint else ""
        say(f"nr: {look.host}: not observed: {scene.reason}: {scene.detail}{hint}")
        return ExitCode.INTERRUPTED if interrupted else ExitCode.NOT_OBSERVED
    made = view(scene)
    with results():
        if look.output is Format.TEXT:
            sys.stdout.writelines(f"{line}\n" for line in lines(made))
        else:
            sys.stdout.write(to_json(made, indent=2 if look.output is Format.JSON else None) + "\n")
    return ExitCode.CLEAN


def _seen(look: Look) -> "tuple[Observation | NotObserved, bool]":
    from nornir_hygiene.cli.execution import execute
    from nornir_hygiene.fleet.look import looking_task, recorded

    if look.recording:
        return recorded(look.host, look.recording), False
    execution = execute(_request(look), looking_task(look.look))
    ((_, seen),) = execution.values()
    return seen, execution.interrupted


def _request(look: Look) -> RunRequest:
    return RunRequest(
        task=look.command,
        groups=(),
        hosts=(look.host,),
        filters=(),
        inventory=look.inventory,
        output=look.output,
        fail_on=Severity.WARNING,
        require_all=False,
        timeout_s=look.timeout_s,
        workers=1,
    )
