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
    """A finding as it was at a time. `ended_at` is of the audit that did not see it any more."""

    host: str
    kind: str
    subject: str
    container: str
    summary: str
    fingerprint: str
    worst: Severity
    begun_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    times_seen: int = Field(ge=1)


class Difference(Frozen):
    """Two audits beside each other. `unknown`: it was there, and the later one did not observe its host."""

    earlier: KeptAudit
    later: KeptAudit
    new: tuple[KeptFinding, ...]
    gone: tuple[KeptFinding, ...]
    still: tuple[KeptFinding, ...]
    unknown: tuple[KeptFinding, ...]
