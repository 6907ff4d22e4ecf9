"""Wait for one thing out of a small set of those a person on call would wait for."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Given, Risk
from nornir_hygiene.remediate.actions.action import Action, Mistake, Text, process_words

# As systemd allows them (unit names of systemd.unit(5)); a dash in front would be an option of systemctl.
Unit = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,254}$")]
Mountpoint = Annotated[Text, StringConstraints(pattern=r"^/[^\x00]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]
_WORDS = {
    "ended": "process {} has ended",
    "active": "the unit {} is active",
    "inactive": "the unit {} is inactive or failed",
    "mounted": "something is mounted on {}",
    "unmounted": "nothing is mounted on {}",
    "listening": "somebody listens on TCP port {}",
    "closed": "nobody listens on TCP port {}",
}


class WaitArguments(Frozen):
    """Exactly one of them."""

    ended: ProcessIdentity | None = None
    active: Unit | None = None
    inactive: Unit | None = None
    mounted: Mountpoint | None = None
    unmounted: Mountpoint | None = None
    listening: Port | None = None
    closed: Port | None = None


def _the_one(told: WaitArguments) -> tuple[str, ProcessIdentity | str | int]:
    (one,) = ((name, value) for name in _WORDS if (value := getattr(told, name)) is not None)
    return one


def _mistake(given: Mapping[str, Given]) -> Mistake | None:
    if len(given) == 1:
        return None
    return Mistake("", f"wait-until waits for exactly one thing, and here are {len(given)}", f"one of: {_CONDITIONS}")


def _words(told: WaitArguments) -> tuple[str, ...]:
    name, value = _the_one(told)
    return (name, *(process_words(value) if isinstance(value, ProcessIdentity) else (str(value),)))


def _says(told: WaitArguments) -> str:
    name, value = _the_one(told)
    shown = f"{value.pid}" if isinstance(value, ProcessIdentity) else f"{value}"
    return f"wait until {_WORDS[name].format(shown)}"


_CONDITIONS = ", ".join(_WORDS)
WAIT_UNTIL = Action(
    name="wait-until",
    risk=Risk.SAFE,
    about="Waits for exactly one of these on the host: `ended` (a process), `active` or `inactive` (a systemd unit), "
    "`mounted` or `unmounted` (a path), `listening` or `closed` (a TCP port). Failed, with what was seen last, when "
    "the step's time is up.",
    arguments=WaitArguments,
    says=_says,
    parts=("thaw", "wait"),
    words=_words,
    mistake=_mistake,
)
