"""What a team has decided not to be told again until a day: known, owned by somebody, and never silently gone."""

from datetime import datetime

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen


class Suppressed(Frozen):
    """Why a finding does not count: who said so, until when, and where that is written (file and line)."""

    reason: str
    owner: str
    expires_at: datetime
    where: str = ""


class ExpiredSuppression(Frozen):
    """One whose day is over: what it hid is told again, and the line should go. `what` repeats it in short."""

    what: str
    reason: str
    owner: str
    expires_at: datetime
    where: str = Field("", description="file and line")
