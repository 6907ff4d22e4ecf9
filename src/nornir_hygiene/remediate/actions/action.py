"""What an action is: a name, the least risk it has, its arguments, and the script part that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Place, Risk

# One whole argument of a program: anything but what no argument can hold.
Text = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True)
class Action:
    """One thing that can be done to one host, in one exec, at most once.

    `words` makes the script's arguments of a checked instance of `arguments`; `says` the sentence people read in a
    plan. `undo` names the action that takes it back with the same arguments, at the end of its rung in any case.
    `at`: the only place it can be done at, if there is only one.
    """

    name: str
    risk: Risk
    about: str
    arguments: type[Frozen]
    parts: tuple[str, ...]
    words: Callable[[Any], tuple[str, ...]]
    says: Callable[[Any], str]
    undo: str | None = None
    at: Place | None = None

    @property
    def function(self) -> str:
        """The shell function that does it, after `nr_action_`."""
        return self.name.replace("-", "_")


class OfProcess(Frozen):
    """For actions on one process, which is compared again on the host before anything is done to it."""

    process: ProcessIdentity


def process_words(process: ProcessIdentity) -> tuple[str, ...]:
    """What `nr_same` compares: boot id, pid, start in ticks."""
    return (process.boot_id, str(process.pid), str(process.start_ticks))
