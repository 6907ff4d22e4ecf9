"""How long something has lasted, as well as it is known, and how bad that is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.process import Suspect, ThreadLook
from nornir_hygiene.models.settings import Thresholds

UNKNOWN_AGE = "not known: no sched file and no second sample, or nobody looked closer; so at most info"
TWO_SAMPLES = "at least, from two samples without a context switch (no sched file)"


@dataclass(frozen=True)
class Age:
    """`seconds` is None when not known; not `exact`: at least so long (two samples, no sched file)."""

    seconds: float | None = None
    exact: bool = True

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.seconds is not None

    def reaches(self, limit_s: float) -> bool:
        """Whether it surely lasted that long."""
        return self.seconds is not None and self.seconds >= limit_s

    def __str__(self) -> str:
        if self.seconds is None:
            return "an unknown time"
        return ("" if self.exact else "at least ") + duration(self.seconds)


def age_of(thread: ThreadLook | None, suspect: Suspect | None) -> Age:
    """From `se.exec_start` (when it last ran), else from two samples of the leader, else unknown.

    A leader that ran between the two samples is not held by anything.
    """
    ran = thread.last_ran_age_s if thread else None
    if ran is not None and math.isfinite(ran):
        return Age(max(0.0, ran))
    unchanged = suspect.unchanged_for_s if suspect and thread and thread.tid == suspect.pid else None
    if unchanged is not None and math.isfinite(unchanged):
        return Age(max(0.0, unchanged), exact=unchanged <= 0)
    return Age()


def oldest(ages: Iterable[Age]) -> Age:
    """The longest known one; unknown only when all are."""
    return max(ages, key=lambda age: -1.0 if age.seconds is None else age.seconds, default=Age())


def blocked_severity(age: Age, thresholds: Thresholds) -> Severity | None:
    """How bad a task in D is; None is normal input and output, not worth a word.

    Two samples without a context switch are the kernel's own hung-task test (check_hung_task), so they are worth a
    warning although they prove only their distance.
    """
    if not age.known:
        return Severity.INFO
    if age.reaches(thresholds.blocked_critical_s):
        return Severity.CRITICAL
    if age.reaches(thresholds.blocked_warning_s) or not age.exact:
        return Severity.WARNING
    return Severity.INFO if age.reaches(thresholds.blocked_info_s) else None


def worst(*severities: Severity | None) -> Severity | None:
    """The highest; None only when there is none."""
    return max((one for one in severities if one is not None), key=lambda one: one.rank, default=None)


def duration(seconds: float) -> str:
    """For people.

    >>> duration(6.06), duration(125), duration(90061)
    ('6.1 s', '2 min 5 s', '1 d 1 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, name, below, below_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {name} {rest} {below_name}" if rest else f"{whole // size} {name}"
    return f"{whole} s"
