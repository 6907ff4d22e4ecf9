"""Does a count grow, how fast, and when is there no room left? Pure: steps of a gauge in, a verdict out.

A leak is told from a busy day by four things at once, over a window that may be hours or days:
its slope is surely above zero (Theil and Sen: the median of the slopes of all pairs, with the rank interval that holds
the true one in 95 of 100 cases); each quarter of the window takes its part in the rise, which a burst does not; even
the lowest values of late are above the highest at the window's beginning; and they are above all that was seen before
the window, by a quarter of what it moved there: tomorrow may be somewhat busier than any day before.

Two points are no trend, however long the line between them: no quarter of the window may lie between two audits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from statistics import median
from typing import NamedTuple

# From the shortest, so that a fast leak is told early; a longer window finds a slow one.
WINDOWS = (timedelta(hours=3), timedelta(hours=12), timedelta(days=2), timedelta(days=7))
# A rise within one day may be the day's work: only what was seen through a whole day before can tell.
_A_DAY = timedelta(days=1)
_SAMPLES = 24
_Z95 = 1.96
# What fewer processes are is no leak yet.
LEAST_RISE = 4
# Of the rise, from one quarter to the next; a steady one has a third.
LEAST_PART = 0.1


class Step(NamedTuple):
    """A value that was the same from one audit to another."""

    from_at: datetime
    to_at: datetime
    value: int


class Growth(NamedTuple):
    """`per_hour` with the interval it lies in; `since` is where the window begins that shows it."""

    per_hour: float
    least_per_hour: float
    most_per_hour: float
    since: datetime
    value: int

    def hours_until(self, limit: int) -> tuple[float, float, float]:
        """To `limit`, as it looks: most likely, earliest, latest (which may be never, infinity)."""
        left = max(0, limit - self.value)
        slopes = (self.per_hour, self.most_per_hour, self.least_per_hour)
        likely, earliest, latest = (left / slope if slope > 0 else float("inf") for slope in slopes)
        return likely, earliest, latest


def growth_of(steps: Sequence[Step]) -> Growth | None:
    """By the shortest window that shows growth; None where none does. `steps` are in the order of time."""
    if len(steps) < 3:  # two points are no trend
        return None
    return next((found for window in WINDOWS if (found := _within(steps, window))), None)


def _within(steps: Sequence[Step], window: timedelta) -> Growth | None:
    now = steps[-1].to_at
    begin = now - window
    if steps[0].from_at > begin or not _seen_a_day(steps, begin, window) or _longest_gap(steps, begin) > window / 4:
        return None
    usual = _usual([step.value for step in steps if step.from_at < begin])
    if steps[-1].value <= usual:  # most counts end here, before the work
        return None
    values = _sampled(steps, begin, now)
    if not _climbs(values, usual):
        return None
    likely, least, most = _slope(values)
    if least <= 0:
        return None
    hours = window.total_seconds() / 3600 / (len(values) - 1)
    return Growth(likely / hours, least / hours, most / hours, begin, steps[-1].value)


def _usual(before: Sequence[int]) -> float:
    """The highest that says nothing: above all there was by a quarter of what that moved."""
    return max(before) + (max(before) - min(before)) / 4 if before else 0


def _climbs(values: Sequence[float], before: float) -> bool:
    """Above what is usual, and in every quarter a part of the way."""
    size = len(values) // 4
    first, *_, last = quarters = [values[number * size : (number + 1) * size] for number in range(4)]
    if min(last) <= before or min(last) < max(first) + LEAST_RISE:
        return False
    middles = [median(quarter) for quarter in quarters]
    return all(later - earlier >= LEAST_PART * (middles[-1] - middles[0]) for earlier, later in pairwise(middles))


def _seen_a_day(steps: Sequence[Step], begin: datetime, window: timedelta) -> bool:
    return window > _A_DAY or begin - steps[0].from_at >= _A_DAY


def _longest_gap(steps: Sequence[Step], begin: datetime) -> timedelta:
    """Between two audits within the window: what was there meanwhile nobody knows."""
    gaps = (later.from_at - earlier.to_at for earlier, later in pairwise(steps) if later.from_at > begin)
    return max(gaps, default=timedelta())


def _sampled(steps: Sequence[Step], begin: datetime, now: datetime) -> list[float]:
    """At even distances, so that many audits in one hour weigh no more than one; straight lines between two audits."""
    every = (now - begin) / (_SAMPLES - 1)
    values, place = list[float](), 0
    for at in (begin + number * every for number in range(_SAMPLES)):
        while place + 1 < len(steps) and steps[place + 1].from_at <= at:
            place += 1
        values.append(_value_at(at, steps[place], steps[place + 1] if place + 1 < len(steps) else None))
    return values


def _value_at(at: datetime, step: Step, following: Step | None) -> float:
    if following is None or at <= step.to_at:
        return step.value
    return step.value + (following.value - step.value) * ((at - step.to_at) / (following.from_at - step.to_at))


def _slope(values: Sequence[float]) -> tuple[float, float, float]:
    """Per sample: the median of all pairs, and the rank interval of Sen (1968)."""
    slopes = sorted((later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(enumerate(values), 2))
    count = len(values)
    reach = _Z95 * (count * (count - 1) * (2 * count + 5) / 18) ** 0.5
    lower = max(0, int((len(slopes) - reach) / 2))
    upper = min(len(slopes) - 1, int((len(slopes) + reach) / 2) + 1)
    return median(slopes), slopes[lower], slopes[upper]
