"""Schedules for tests."""

from datetime import datetime
from typing import Any

from nornir_hygiene.models.schedule import Schedule
from tests.history.stories import BEGUN, at


def schedule(every_min: int = 15, **more: Any) -> Schedule:
    given = {"name": "workers", "selection": "all hosts", "folder": "/", "installed_at": BEGUN, **more}
    return Schedule(every_s=every_min * 60, **given)


def times(*minutes: float) -> list[datetime]:
    return [at(minute) for minute in minutes]
