"""One execution of an audit over many hosts: what is printed, saved and published as a JSON Schema."""

from datetime import datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.census import Census
from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import Gap, HostFacts, NotObserved
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.suppression import ExpiredSuppression


class HostReport(Frozen):
    """One host of the selection, either with facts (findings or clean) or not observed with a reason."""

    host: str
    facts: HostFacts | None = None
    not_observed: NotObserved | None = None
    process_count: int = 0
    findings: tuple[Finding, ...] = ()
    census: Census | None = Field(None, description="counts by owner, also where nothing is a finding")
    gaps: tuple[Gap, ...] = ()
    complete: bool = True
    kubernetes_admin: str = Field("", description="the host with kubectl for its cluster, as the inventory names it")
    took_s: float = 0.0
    bytes_received: int = 0

    @property
    def clean(self) -> bool:
        """Seen completely, and nothing found, not even an info."""
        return self.place == "clean"

    @property
    def place(self) -> str:
        """The field of Totals this host counts under."""
        if self.not_observed is not None:
            return "not_observed"
        if self.findings:
            return "with_findings"
        return "clean" if self.complete else "incomplete"


class Totals(Frozen):
    """The last line of every report: they add up to `selected`."""

    selected: int
    clean: int
    with_findings: int
    not_observed: int
    incomplete: int


class AuditReport(Frozen):
    """All of one audit."""

    schema_version: Literal[1] = 1
    run_id: str
    started_at: datetime
    finished_at: datetime
    interrupted: bool = False
    selection: str
    hosts: tuple[HostReport, ...] = Field(description="in the order of their names")
    causes: tuple[FleetCause, ...] = Field((), description="what lies behind findings of one or many hosts")
    totals: Totals
    suppressed: int = Field(0, description="findings that do not count for now; their hosts still have findings")
    expired_suppressions: tuple[ExpiredSuppression, ...] = Field((), description="what these hid is told again")


class Recording(Frozen):
    """The raw bytes of one probe, as they came: enough to repeat parsing and diagnosis years later."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    schema_version: Literal[1] = 1
    host: str
    taken_at: datetime
    nonce: str
    answer: Answer
    thresholds: Thresholds


class ClusterRecording(Frozen):
    """What one host of a cluster said in the second round of that day, or why it said nothing.

    `asked` tells its file from that of a Recording, which has no such field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    schema_version: Literal[1] = 1
    asked: Literal["cluster"] = "cluster"
    host: str
    taken_at: datetime
    nonce: str = ""
    answer: Answer | None = None
    not_observed: NotObserved | None = None
    aged_after_s: float = 30.0

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.answer is None) == (self.not_observed is None):
            raise ValueError("holds an answer or the reason why there is none, not both")
        return self
