"""A runbook bound to findings: exact steps on exact hosts, saved before anything happens; and what came of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StrictStr

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Gone, Risk
from nornir_hygiene.models.suppression import Suppressed

_Word = StrictInt | StrictStr
# In this order: of the plain data of a journal, a process is the mapping that has its very fields.
Argument = Annotated[
    ProcessIdentity | tuple[ProcessIdentity, ...] | _Word | tuple[_Word, ...] | dict[str, _Word],
    Field(union_mode="left_to_right"),
]


class PlannedStep(Frozen):
    """One action and its whole arguments, by name; `says` is the same as a sentence."""

    name: str
    action: str
    host: str
    arguments: dict[str, Argument]
    says: str
    timeout_s: int
    may_fail: bool = False


class PlannedRung(Frozen):
    """One thing to try, as it stands at the time of the plan; its arguments are taken anew before it is done."""

    number: int = Field(ge=1, description="its place in the runbook; rungs whose condition does not hold are left out")
    name: str
    steps: tuple[PlannedStep, ...]
    gone: Gone


class Refusal(Frozen):
    """What a guard says against an act, and why."""

    guard: str
    why: str


class SeenBefore(Frozen):
    """An earlier audit with the same finding, and those of its processes that are in both."""

    run_id: str
    at: datetime
    processes: tuple[ProcessIdentity, ...]


class Target(Frozen):
    """What is to be done about one finding, or about one cause of several."""

    host: str = Field(description="where the steps are done")
    about: str = Field(description="the finding's subject or the cause, in words")
    kinds: tuple[str, ...]
    sufferers: tuple[str, ...]
    fingerprints: tuple[str, ...]
    cause: str = Field("", description="the name of the fleet's cause, where the runbook works per cause")
    gaps: tuple[str, ...] = Field((), description="what could not be seen of the sufferers when this was planned")
    subjects: tuple[str, ...] = Field((), description="what has the problem: it may show as another kind meanwhile")
    others: tuple[str, ...] = Field((), description="fingerprints of these kinds or subjects that were there besides")
    before: SeenBefore | None = Field(None, description="the earlier audit it rests on, where the runbook asks for one")
    rungs: tuple[PlannedRung, ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same problem tomorrow."""
        return self.cause or ",".join(self.fingerprints)


class LeftOut(Frozen):
    """Findings the runbook is for, and that a team has suppressed: how many, and what was said of them."""

    findings: int = Field(ge=1)
    suppressed: Suppressed


class Plan(Frozen):
    """What `nr plan` shows and saves, and `nr apply` proves again and carries out."""

    schema_version: Literal[1] = 1
    plan_id: str
    made_at: datetime
    expires_at: datetime
    runbook: str
    runbook_digest: str = Field(description="SHA-256 of the runbook's file: a change makes the plan worthless")
    risk: Risk
    from_run: str
    inventory: str
    selection: str
    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...] = ()


Outcome = Literal["changed", "unchanged", "unfit", "refused", "failed", "unknown"]


class ActionResult(Frozen):
    """What one action says of itself.

    changed: it did it. unchanged: it was so already. unfit: there is nothing here it could be done to, so the next rung
    may be tried. refused: something speaks against it, or what it was to act on is not what was seen. failed: it tried.
    unknown: nobody knows whether it was done; the host is asked again by `nr resume`.
    """

    outcome: Outcome
    detail: str
    facts: dict[str, str] = Field({}, description="what it told besides, by name")


class RungResult(Frozen):
    """What came of one rung of one target."""

    number: int
    name: str
    steps: tuple[tuple[str, ActionResult], ...] = ()
    gone: bool = False
    why_not: str = ""


TargetEnd = Literal["repaired", "healed", "refused", "failed", "not-helped", "left-alone", "waiting"]


class TargetResult(Frozen):
    """How it ended for one target.

    repaired: the finding is gone after our steps. healed: it was gone before them. refused: a guard spoke. failed: a
    step failed. not-helped: all was done and the finding is still there. left-alone: an earlier failure ended the run.
    waiting: a person has to say yes before the run goes on.
    """

    target: str
    host: str
    end: TargetEnd
    why: str = ""
    rungs: tuple[RungResult, ...] = ()

    @property
    def touched(self) -> bool:
        """Whether anything was changed, or may have been: whoever only looked can look again."""
        outcomes = (told.outcome for rung in self.rungs for _, told in rung.steps)
        return any(outcome in ("changed", "failed", "unknown") for outcome in outcomes)

    @property
    def failed(self) -> bool:
        """Whether the runbook was no help, and another attempt may do harm."""
        return self.touched and self.end in ("failed", "not-helped")


class ApplyReport(Frozen):
    """The whole of one `nr apply`."""

    schema_version: Literal[1] = 1
    run_id: str
    plan_id: str
    runbook: str
    started_at: datetime
    finished_at: datetime
    results: tuple[TargetResult, ...]
    escalate: str = Field("", description="what a person has to think of now; empty if all is well")

    @property
    def well(self) -> bool:
        """Every target is repaired or was well already."""
        return all(result.end in ("repaired", "healed") for result in self.results)
