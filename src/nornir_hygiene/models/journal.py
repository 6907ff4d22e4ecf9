"""The append-only record of what was intended and what came of it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen

Event = Literal[
    "run-started",
    "target-started",
    "refused",
    "step-intended",
    "step-ended",
    "waiting",
    "rung-ended",
    "target-ended",
    "run-ended",
    "breaker-closed",
]


class JournalEntry(Frozen):
    """One line of the journal. `body` is what belongs to the event, as JSON types.

    `hash` is the SHA-256 of this entry and of the hash before it: a changed, missing or inserted line breaks the chain.
    """

    number: int = Field(ge=1)
    at: datetime
    run_id: str
    event: Event
    who: str
    target: str = ""
    host: str = ""
    token: str = Field("", description="of the step: what the host keeps its receipt under")
    body: dict[str, Any] = Field({})
    before: str
    hash: str
