"""What an action is: a name, the least risk it has, its arguments, and the script part that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from nornir.core.inventory import Host
from pydantic import StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Given, Place, Risk

# One whole argument of a program: anything but what no argument can hold.
Text = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]


class Mistake(NamedTuple):
    """What is wrong with what a runbook gives an action, beyond the form of each argument; `argument` may be empty."""

    argument: str
    what: str
    hint: str = ""


class Task(NamedTuple):
    """What is done from this machine: to whom, with what, under which token, for whom and for how long."""

    host: Host
    arguments: Any
    token: str
    who: str
    timeout_s: int


class Happened(NamedTuple):
    """What came of it, and the texts to be kept, by name."""

    result: ActionResult
    texts: Mapping[str, str]


def _nothing(_: Any) -> tuple[str, ...]:
    return ()


def _right(_: Mapping[str, Given]) -> Mistake | None:
    return None


def _no_files(_: Mapping[str, Given]) -> Mapping[str, Path]:
    return {}


@dataclass(frozen=True)
class Action:
    """One thing that can be done to one host, in one exec, at most once.

    `says` makes the sentence people read in a plan of a checked instance of `arguments`, `words` the arguments of the
    script that `parts` hold. `undo` names the action that takes it back with the same arguments, at the end of its rung
    in any case. `at`: the only place it can be done at, if there is only one. `asks_cluster`: it asks a Ceph cluster,
    and a plan with such a step locks that cluster. `mistake`: what a runbook's author got wrong that the form of no
    single argument tells. `files`: what belongs to the runbook besides its own file.

    Two sorts run no script on the host. `here`: done from this machine, and once per token as well. `by_a_person`:
    somebody says yes, and the run goes on with fresh evidence.

    `patience`: what is asked while nobody knows what came of it. `commits`: once it is begun, half of the rung is worse
    than all of it, so the rest is done whatever has become of the finding.
    """

    name: str
    risk: Risk
    about: str
    arguments: type[Frozen]
    says: Callable[[Any], str]
    parts: tuple[str, ...] = ()
    words: Callable[[Any], tuple[str, ...]] = _nothing
    undo: str | None = None
    at: Place | None = None
    asks_cluster: bool = False
    mistake: Callable[[Mapping[str, Given]], Mistake | None] = _right
    here: Callable[[Task], Happened] | None = None
    by_a_person: bool = False
    files: Callable[[Mapping[str, Given]], Mapping[str, Path]] = _no_files
    patience: "Patience | None" = None
    commits: bool = False

    @property
    def function(self) -> str:
        """The shell function that does it, after `nr_action_`."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Patience:
    """For an action after which the host cannot be reached for a while: `asks` may be repeated and changes nothing.

    `together` makes the result of what the action said and what was said last.
    """

    asks: Action
    together: Callable[[ActionResult, ActionResult], ActionResult]


class OfProcess(Frozen):
    """For actions on one process, which is compared again on the host before anything is done to it."""

    process: ProcessIdentity


def process_words(process: ProcessIdentity) -> tuple[str, ...]:
    """What `nr_same` compares: boot id, pid, start in ticks."""
    return (process.boot_id, str(process.pid), str(process.start_ticks))
