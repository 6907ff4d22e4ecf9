"""What the history answers with: audits and findings as they were."""

from datetime import datetime

from pydantic import Field

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import Totals


class KeptAudit(Frozen):
    """One audit of the history."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    selection: str
    interrupted: bool
    totals: Totals


class KeptFinding(Frozen):
    """A finding as it was at a time. `ended_at` is of the audit that did not see it any more.

    `worse_at`: of the audit in which it last became worse than it had been; None if it never did.
    """

    host: str
    kind: str
    subject: str
    container: str
    summary: str
    fingerprint: str
    worst: Severity
    worse_at: datetime | None = None
    begun_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    times_seen: int = Field(ge=1)


class Difference(Frozen):
    """Two audits beside each other. `unknown`: it was there, and the later one did not observe its host.

    `worse`: still there, and between the two it became worse than it had ever been since it began.
    """

    earlier: KeptAudit
    later: KeptAudit
    new: tuple[KeptFinding, ...]
    worse: tuple[KeptFinding, ...] = ()
    gone: tuple[KeptFinding, ...]
    still: tuple[KeptFinding, ...]
    unknown: tuple[KeptFinding, ...]


class SinceThen(Frozen):
    """What is now and was not, or was otherwise, at a time. `unknown`: its host's newest audit did not observe it.

    `gone` is also what came and went in between.
    """

    since: datetime
    until: datetime
    new: tuple[KeptFinding, ...]
    worse: tuple[KeptFinding, ...]
    gone: tuple[KeptFinding, ...]
    still: tuple[KeptFinding, ...]
    unknown: tuple[KeptFinding, ...]


class Trend(Frozen):
    """A count that grows: whose, how fast (with the interval it lies in), and for a limit when it is used up."""

    host: str
    what: str = Field(description="zombies, orphans, blocked, or limit")
    name: str = Field(description="whose they are, or the limit's name")
    value: int
    limit: int | None = None
    since: datetime
    per_hour: float
    least_per_hour: float
    most_per_hour: float
    hours_left: float | None = None
    hours_left_earliest: float | None = None
    hours_left_latest: float | None = None
