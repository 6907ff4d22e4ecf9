"""An audit that is made again and again, as it was installed."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints, field_validator

from nornir_hygiene.models.frozen import Frozen

_HOUR_S = 3600
_DAY_S = 86_400
# A file, a unit of systemd and an object of Kubernetes are called by it, so nothing in it ever needs a quote.
# Kubernetes allows 52 characters for a CronJob; ours has a word before it.
ScheduleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
Form = Literal["systemd", "cron", "cronjob"]
ReportEvery = Literal["none", "daily"]


class Schedule(Frozen):
    """Which hosts, how often, from which folder. `selection` is the text their audits have in the history."""

    schema_version: Literal[1] = 1
    name: ScheduleName
    every_s: int
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    selection: str
    folder: str = Field(description="where `nr` was when this was installed: its project and what paths are meant from")
    inventory: str | None = None
    timeout_s: float = Field(30.0, ge=0.1, le=_DAY_S)
    workers: int = Field(20, ge=1, le=4096)
    report: ReportEvery = "none"
    keep_reports: int = Field(30, ge=1)
    notify: bool = False
    form: Form = "systemd"
    units: str = Field("", description="systemd: the folder its units lie in")
    installed_at: AwareDatetime
    removed_at: AwareDatetime | None = None

    @field_validator("every_s")
    @classmethod
    def _fits_the_clock(cls, every_s: int) -> int:
        """Cron and calendars count within an hour and within a day: 7m would be late once an hour."""
        minutes = every_s % 60 == 0 and _HOUR_S % every_s == 0 if every_s > 0 else False
        hours = every_s % _HOUR_S == 0 and _DAY_S % every_s == 0 if every_s > 0 else False
        if not minutes and not hours:
            raise ValueError(
                "must divide an hour or a day: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30m, 1, 2, 3, 4, 6, 8 or 12h, or 1d"
            )
        return every_s

    @field_validator("groups", "hosts", "selection", "folder", "inventory")
    @classmethod
    def _can_be_written(cls, given: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        """Bytes of a command line or a folder that are no text come as halves of surrogate pairs."""
        try:
            "".join(given or ()).encode()
        except UnicodeEncodeError:
            raise ValueError("is not UTF-8") from None
        return given


class ScheduleState(Frozen):
    """A schedule and how it does: `missed` and `left_out` are of the last day.

    `left_out`: runs that were started while the one before was still under way, and so did nothing.
    """

    schedule: Schedule
    last_run: datetime | None
    next_due: datetime
    missed: int
    left_out: int


class Start(Frozen):
    """How `nr` is started where nobody logs in: the words of the command, and the folders its user had."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    secrets: str = Field("", description="file with NAME=VALUE lines that is read where it exists")


def next_due(schedule: Schedule, now: datetime) -> datetime:
    """When the clock starts it next; cron's clock is the machine's own, the others' is UTC."""
    clock = now.astimezone(None if schedule.form == "cron" else UTC)
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((clock - midnight).total_seconds()) // schedule.every_s
    return (midnight + (passed + 1) * timedelta(seconds=schedule.every_s)).astimezone(UTC)
