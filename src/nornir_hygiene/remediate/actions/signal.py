"""One signal to one process, held by its pidfd where the host has Python."""

from typing import Literal

from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, OfProcess, process_words


class SignalArguments(OfProcess):
    """TERM and KILL end it, CHLD reminds a parent, CONT continues a stopped process."""

    signal: Literal["CHLD", "CONT", "TERM", "KILL"]


def _words(told: SignalArguments) -> tuple[str, ...]:
    return (*process_words(told.process), told.signal)


SIGNAL = Action(
    name="signal",
    risk=Risk.SAFE,
    about="Sends one signal to the very process that was seen. Refused where it could only stay pending (D, stopped), "
    "for the dead, for the host's own processes, daemons others live on, and what carries our connection.",
    arguments=SignalArguments,
    parts=("signal",),
    words=_words,
    says=lambda told: f"send SIG{told.signal} to pid {told.process.pid}, if it still is the process that was seen",
)
