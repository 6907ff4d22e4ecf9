"""Locks of running plans, on the hosts they work on. Not for runbooks: every plan takes them by itself."""

from typing import Annotated

from pydantic import Field, StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,127}$")]


class LockArguments(Frozen):
    """`name` of the thing, `holder` of the lock, `seconds` after which it is nobody's if it is not renewed."""

    name: _Word
    holder: _Word
    seconds: Annotated[int, Field(ge=1)] = 600


LOCK = Action(
    name="lock",
    risk=Risk.SAFE,
    about="Takes or renews a lock; refused with the holder's name.",
    arguments=LockArguments,
    parts=("lock",),
    words=lambda told: (told.name, told.holder, str(told.seconds)),
    says=lambda told: f"lock {told.name} for {told.seconds} s",
)
UNLOCK = Action(
    name="unlock",
    risk=Risk.SAFE,
    about="Gives a lock back, if it is one's own.",
    arguments=LockArguments,
    parts=("lock",),
    words=lambda told: (told.name, told.holder),
    says=lambda told: f"unlock {told.name}",
)
