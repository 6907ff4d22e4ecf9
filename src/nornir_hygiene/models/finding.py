"""One problem on one host: what, how bad, on whom, shown by what, caused by what."""

import hashlib
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from nornir_hygiene.models.cgroup import PodName
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.suppression import Suppressed


class Severity(StrEnum):
    """How bad; `info` never makes `nr` exit 1 by default."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return list(Severity).index(self)


class Subject(Frozen):
    """The thing that has the problem. With host and kind it makes the fingerprint, so it must stay the same tomorrow.

    >>> str(Subject(sort="device", name="rbd3"))
    'device rbd3'
    """

    sort: str
    name: str

    def __str__(self) -> str:
        return f"{self.sort} {self.name}"


class TaskEvidence(Frozen):
    """One process or thread shown as evidence. `age_s`: how long blocked or dead, None when not known."""

    identity: ProcessIdentity | None
    pid: int
    tid: int | None = None
    ppid: int | None = None
    comm: str
    stat: str
    wchan: str | None = None
    age_s: float | None = None
    stack: tuple[str, ...] = ()
    role: str = ""


class Fact(Frozen):
    """One named figure or observation."""

    name: str
    value: str


class Evidence(Frozen):
    """What the finding rests on; `tasks` may be a sample, `task_count` is the whole number."""

    tasks: tuple[TaskEvidence, ...] = ()
    task_count: int = 0
    facts: tuple[Fact, ...] = ()


class Cause(Frozen):
    """The thing that must be fixed, possibly on another host.

    `established` is False while the evidence at hand does not reach the last link; `missing` then says which one.
    """

    name: str
    established: bool
    because: str
    missing: str = ""


class Finding(Frozen):
    """One problem on one host. The fingerprint is computed, never given.

    `pod`: what the one pod in `container` is called, where somebody could say so in time. Never part of a fingerprint.
    `suppressed`: a team's file says that it does not count for now; it is shown all the same.
    """

    host: str
    kind: str
    severity: Severity
    subject: Subject
    summary: str
    evidence: Evidence
    cause: Cause
    restores: str
    container: str = ""
    pod: PodName | None = None
    suppressed: Suppressed | None = None
    fingerprint: str = ""

    @model_validator(mode="after")
    def _sign(self) -> Self:
        wanted = fingerprint_of(self.host, self.kind, self.subject)
        if self.fingerprint not in ("", wanted):
            raise ValueError(
                f"fingerprint {self.fingerprint} does not belong to {self.host} {self.kind} {self.subject}"
            )
        object.__setattr__(self, "fingerprint", wanted)
        return self


def fingerprint_of(host: str, kind: str, subject: Subject) -> str:
    """16 hex digits: the same problem tomorrow has the same one."""
    text = f"{host}\0{kind}\0{subject.sort}\0{subject.name}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
