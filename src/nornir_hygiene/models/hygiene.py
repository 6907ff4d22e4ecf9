"""What `nr report` shows: a fleet over a span of time, for people who were not there.

Every format reads this one model. Counts are of hosts and findings as they were at `made_at`; times are UTC.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.explanation import Explanation
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.past import KeptFinding, Trend
from nornir_hygiene.models.run import Totals
from nornir_hygiene.models.suppression import ExpiredSuppression, Suppressed

Change = Literal["new", "worse", "still", "gone"]


class Missed(Frozen):
    """Audits a schedule should have made and did not, between two times."""

    schedule: str
    from_at: datetime
    to_at: datetime
    runs: int = Field(ge=1)


class Coverage(Frozen):
    """How much of the fleet the report rests on; each host counts as it came out of its newest audit."""

    totals: Totals
    reasons: tuple[tuple[str, int], ...] = Field((), description="why hosts were not observed, the most frequent first")
    never: tuple[str, ...] = Field((), description="hosts of the scope no audit in the span has selected")
    audits: int = Field(ge=0)
    first_at: datetime | None = None
    last_at: datetime | None = None
    missed: tuple[Missed, ...] = ()


class HostState(Frozen):
    """One host as its newest audit saw it. `outcome` is the field of Totals it counts under."""

    host: str
    at: datetime
    outcome: str
    reason: str = ""
    findings: int = 0
    worst: Severity | None = None
    processes: int = 0
    zombies: int = 0
    orphans: int = 0
    blocked: int = 0


class ReportedFinding(Frozen):
    """A finding that is there, or that went in the span.

    `finding` is all that the newest saved run with it told, None where that run is not kept any more; `summary` and
    `worst` of `kept` are always there. `cause` is the name of its cause, `established` whether that was shown.
    """

    kept: KeptFinding
    change: Change
    severity: Severity
    finding: Finding | None = None
    times_back: int = Field(0, ge=0, description="how often it came again in the span after it had gone")
    flapping: bool = Field(False, description="it comes and goes: three times or more in the span")
    back_after: str = Field("", description="the runbook whose repair it came back after; empty: none")
    suppressed: Suppressed | None = None


class OwnerSum(Frozen):
    """What one owner has on all hosts together, at its newest audits."""

    owner: str
    hosts: int
    zombies: int = 0
    orphans: int = 0
    blocked: int = 0


class ImageSum(Frozen):
    """A block-device image (rbd) behind findings of this report: containers' images no probe asks for."""

    image: str
    hosts: int
    findings: int


class Headroom(Frozen):
    """A limit and how much of it is used; `trend` where that grows."""

    host: str
    name: str
    used: int
    limit: int = Field(ge=1)
    trend: Trend | None = None


class WaitShare(Frozen):
    """Tasks that make up the load, by what they wait for: `running`, or a family of waits."""

    wait: str
    tasks: int
    hosts: int


class RunbookUse(Frozen):
    """How one runbook did in the span, per target. `came_back`: findings that returned after its repair."""

    runbook: str
    runs: int
    repaired: int = 0
    failed: int = 0
    refused: int = 0
    other: int = 0
    came_back: int = 0


class Moment(Frozen):
    """The fleet at one time of the span, for charts: hosts by outcome, open findings by severity, sums of counts."""

    at: datetime
    selected: int
    observed: int
    critical: int = 0
    warning: int = 0
    info: int = 0
    zombies: int = 0
    orphans: int = 0
    blocked: int = 0


class HygieneReport(Frozen):
    """All of it: causes and findings worst first, hosts by name, owners, images and headroom the largest first."""

    schema_version: Literal[1] = 1
    made_at: datetime
    since: datetime
    scope: str = Field(description="which hosts, in words")
    coverage: Coverage
    hosts: tuple[HostState, ...] = ()
    causes: tuple[FleetCause, ...] = ()
    findings: tuple[ReportedFinding, ...] = ()
    owners: tuple[OwnerSum, ...] = ()
    images: tuple[ImageSum, ...] = ()
    headroom: tuple[Headroom, ...] = ()
    trends: tuple[Trend, ...] = ()
    waits: tuple[WaitShare, ...] = ()
    runbooks: tuple[RunbookUse, ...] = ()
    moments: tuple[Moment, ...] = ()
    expired: tuple[ExpiredSuppression, ...] = ()
    explanations: tuple[Explanation, ...] = Field((), description="of every kind that is told above")
