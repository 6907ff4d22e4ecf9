"""Who has which story: three that are true, twenty that only look like one, and hosts at work."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import sin, tau

from tests.month.snapshots import Added

BEGUN = datetime(2026, 10, 1, tzinfo=UTC)
EVERY = timedelta(minutes=15)
LEAK, FILLING, NIGHTLY = "leaks", "fills", "nightly"
# Hours since the beginning, and the dice of this host and audit, to what is added then.
Story = Callable[[float, random.Random], Added]


def leak(begins_h: float) -> Story:
    """Six workers that belong there, then four more an hour for three days, until somebody restarts it."""
    return lambda hour, _dice: Added(
        orphans=6 + (int(4 * (hour - begins_h)) if begins_h <= hour < begins_h + 72 else 0)
    )


def filling(begins_h: float) -> Story:
    """A fifth of 1 000 pids, then the rest within three days, unevenly; restarted when it is full."""

    def told(hour: float, dice: random.Random) -> Added:
        part = (hour - begins_h) / 72 if begins_h <= hour < begins_h + 74 else 0
        return Added(pids=min(1000, 200 + int(800 * part) + dice.randint(-12, 12)), pids_limit=1000)

    return told


def nightly(hour: float, dice: random.Random) -> Added:
    """From two to three at night a backup reaps nobody."""
    return Added(zombies=dice.randint(30, 60) if 2 <= hour % 24 < 3 else 0)


def noisy(number: int) -> Story:
    """One of twenty healthy hosts on which something moves all the time."""
    return _NOISE[number % len(_NOISE)](number)


def _tides(number: int) -> Story:
    """Worked by day, quiet by night."""
    return lambda hour, dice: Added(
        pids=400 + int(300 * sin((hour + number) / 24 * tau)) + dice.randint(-30, 30), pids_limit=1000
    )


def _restarts(number: int) -> Story:
    """Climbs for two days and is restarted, again and again; the history begins in the middle of it."""
    every = 40 + number
    return lambda hour, dice: Added(
        pids=200 + int(350 * ((hour + 0.6 * every) % every) / every) + dice.randint(-9, 9), pids_limit=1000
    )


def _release(number: int) -> Story:
    """A new version has more workers, for good."""
    return lambda hour, _dice: Added(orphans=4 if hour < 200 + 13 * number else 4 + number % 5)


def _batches(number: int) -> Story:
    """Builds come in bursts that leave nothing behind."""
    return lambda hour, dice: Added(
        orphans=dice.randint(0, 3) if (hour + number) % 8 > 1 else dice.randint(0, 4),
        pids=dice.choice((100, 150, 600)),
        pids_limit=1000,
    )


def _weeks(number: int) -> Story:
    """Saturdays are not like Mondays, and the next week is like this one."""
    return lambda hour, dice: Added(
        pids=300 + 60 * ((int(hour / 24) + 5) % 7) + int(60 * sin(hour / 24 * tau)) + dice.randint(-25, 25) + number,
        pids_limit=1000,
    )


_NOISE = (_tides, _restarts, _release, _batches, _weeks)
