"""A declared runbook: what it is for, how dangerous it is, and its rungs of steps. One YAML file in `playbooks/`."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from nornir_hygiene.models.cluster import CauseSort, Sick
from nornir_hygiene.models.frozen import Frozen

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
# A literal of the runbook's author, or a dotted name such as `finding.parent`, which becomes one whole argument.
Word = str | int
VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


def _sort(given: object) -> str:
    """Which of the three is meant, so that a mistake in one is not told as one in another."""
    return "list" if isinstance(given, list | tuple) else "mapping" if isinstance(given, dict) else "word"


# One word; for `command` a list of them, for `ansible` words by the name of a variable.
Given = Annotated[
    Annotated[Word, Tag("word")]
    | Annotated[tuple[Word, ...], Tag("list")]
    | Annotated[dict[VariableName, Word], Tag("mapping")],
    Discriminator(_sort),
]
Place = Literal["target", "admin", "kubernetes"]
Trait = Literal["rbd", "kubernetes"]


class Risk(StrEnum):
    """What may be lost when it goes wrong.

    safe: nothing that a repetition does not bring back. disruptive: a service pauses. destructive: work or data.
    """

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return list(Risk).index(self)


class Handles(Frozen):
    """Which problems a runbook is for; an empty list does not restrict."""

    kinds: tuple[Name, ...] = Field(min_length=1)
    sort: tuple[CauseSort, ...] = Field((), description="sorts of the fleet's cause, where it runs per cause")
    sick: tuple[Sick, ...] = Field((), description="in which way the cause is sick")


class Limits(Frozen):
    """How far one plan may go."""

    hosts: int = Field(1, ge=1, le=1000, description="hosts it may act on; a plan for more is refused")
    failures: int = Field(1, ge=1, description="failed targets after which the rest is left alone")
    unhealthy_pct: float = Field(
        50.0, gt=0, le=100, description="share of the group that may be unhealthy already: beyond it a person decides"
    )
    cooldown_s: int = Field(900, ge=0, description="how long it leaves a finding alone after it has worked on it")
    seen_before_s: int = Field(
        600, ge=1, le=86400, description="for the guard seen-before: how much older the earlier audit is at least"
    )


class Gone(Frozen):
    """When the finding counts as repaired: not seen any more within a time, and then for a time."""

    within_s: int = Field(60, ge=1, le=86400)
    stays_s: int = Field(5, ge=0, le=86400)


class Condition(Frozen):
    """What must hold for a rung to be taken; what is left out does not matter."""

    sick: tuple[Sick, ...] = ()
    sigchld: tuple[Literal["caught", "not caught", "ignored"], ...] = Field(
        (), description="what the zombies' parent does with SIGCHLD; a blocked one never holds"
    )


class Step(Frozen):
    """One action with its arguments: literals of this file, or dotted names of values from the finding."""

    name: Words
    do: Name
    at: Place = Field(
        "target",
        description="admin: a host that reaches the monitors of the cause's cluster; kubernetes: the host with kubectl "
        "that the inventory's kubernetes_admin names",
    )
    with_: dict[Name, Given] = Field({}, alias="with")
    timeout_s: int = Field(30, ge=1, le=3600)
    only_if: tuple[Trait, ...] = Field(
        (),
        description="left out where this does not hold. rbd: a finding tells of an rbd client of the host; kubernetes: "
        "the inventory names its kubernetes_admin",
    )
    may_fail: bool = Field(False, description="whether the rung goes on when it failed; a refusal ends it in any case")


class Rung(Frozen):
    """One thing to try; the next one is taken only if the finding is still there."""

    name: Words
    when: Condition = Condition()
    steps: tuple[Step, ...] = Field(min_length=1)
    gone: Gone = Gone()


class Runbook(Frozen):
    """One file of `playbooks/`; its name is the file's."""

    title: Words
    about: Words = Field(description="what it does and why that helps, for whoever is asked to approve it")
    handles: Handles
    per: Literal["finding", "cause"] = "finding"
    on: Literal["sufferer", "cause"] = "sufferer"
    risk: Risk
    limits: Limits = Limits()
    guards: tuple[Name, ...] = Field((), description="besides those that always hold")
    rungs: tuple[Rung, ...] = Field(min_length=1)
    lasting: str = Field("", description="what a person should change so that it does not come back")
    otherwise: Name | None = Field(None, description="the runbook to think of when all rungs were in vain")
