"""One program with exactly the words of the runbook; no shell sees any of them."""

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Given, Risk
from nornir_hygiene.remediate.actions.action import Action, Mistake, Text

# What reads one of its arguments as a program: a word of a host must not get there. By the last part of a path.
_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "csh", "tcsh", "fish", "busybox", "toybox"))


def _absolute(argv: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if not str(argv[0]).startswith("/"):
        raise ValueError(f"the program must be an absolute path, and {argv[0]!r} is none")
    return argv


Argv = Annotated[tuple[Text | int, ...], Field(min_length=1, max_length=64), AfterValidator(_absolute)]
Status = Annotated[int, Field(ge=1, le=125)]


class CommandArguments(Frozen):
    """`unchanged`: exit statuses by which the program says that there was nothing to do."""

    argv: Argv
    unchanged: tuple[Status, ...] = ()


def _mistake(given: Mapping[str, Given]) -> Mistake | None:
    argv = given["argv"]
    if not isinstance(argv, tuple) or not argv:
        return Mistake("argv", "argv is a list: a program and its arguments", "argv: [/usr/bin/program, --option]")
    if not str(argv[0]).startswith("/"):
        return Mistake("argv", f"the program must be an absolute path, and {argv[0]!r} is none")
    shell = next((word for word in argv if PurePosixPath(str(word)).name in _SHELLS), None)
    if shell is not None:
        what = f"{shell} would read its arguments as a program, and they may come from a host"
        return Mistake("argv", what, "put the script into a file on the hosts, and name that file as the program")
    return None


COMMAND = Action(
    name="command",
    risk=Risk.DESTRUCTIVE,
    about="Runs one program with exactly these words: `argv` is a list of literals and dotted names, each of which "
    "becomes one whole argument; the program is an absolute path; no shell. Exit status 0 is changed, one of "
    "`unchanged` is unchanged, any other failed. A value that begins with `-` is refused unless `--` stands before it.",
    arguments=CommandArguments,
    says=lambda told: f"run, without a shell: {shlex.join(map(str, told.argv))}",
    parts=("command",),
    words=lambda told: (",".join(map(str, told.unchanged)), *map(str, told.argv)),
    mistake=_mistake,
)
