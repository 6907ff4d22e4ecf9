"""What is scheduled: one file per schedule, kept after its end, so that what it missed can still be told."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.folder import data_folder, write_atomically
from nornir_hygiene.models.schedule import Schedule

# Of runs that were left out only the newest are of interest.
_LEFT_OUT_KEPT = 200


def schedules_folder() -> Path:
    """`<name>.json` per schedule; beside it `<name>.lock` and `<name>.left-out`."""
    return data_folder() / "schedules"


def reports_folder() -> Path:
    """`<name>-<date>.html`, one a day."""
    return data_folder() / "reports"


def save_schedule(schedule: Schedule) -> Path:
    """Returns the file. Raises OSError."""
    path = schedules_folder() / f"{schedule.name}.json"
    write_atomically(path, schedule.model_dump_json(indent=2).encode())
    return path


def read_schedule(path: Path) -> Schedule:
    """Raises ConfigError if the file is none."""
    try:
        return Schedule.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"is not a schedule: {error}", path, hint="nr schedule install writes it anew") from error


def all_schedules() -> tuple[Schedule, ...]:
    """Removed ones too, by name. Raises ConfigError."""
    return tuple(read_schedule(path) for path in sorted(schedules_folder().glob("*.json")))


def readable_schedules() -> tuple[Schedule, ...]:
    """Without those whose files are broken: of them `nr schedule list` complains, and a report does without."""
    found = []
    for path in sorted(schedules_folder().glob("*.json")):
        with suppress(ConfigError):
            found.append(read_schedule(path))
    return tuple(found)


def find_schedule(name: str) -> Schedule:
    """One that was not removed; no other one's file is read. Raises UsageError, ConfigError."""
    path = next((path for path in schedules_folder().glob("*.json") if path.stem == name), None)
    found = read_schedule(path) if path else None
    if found is None or found.removed_at:
        raise UsageError(f"there is no schedule {name!r}", "nr schedule list shows all")
    return found


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """False, at once, while anybody else's run of this schedule goes on. Raises ConfigError.

    The kernel gives the lock back when its holder is gone, however it went.
    """
    with _lock_file(name) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            alone = False
        else:
            alone = True
        yield alone


def _lock_file(name: str) -> IO[str]:
    path = schedules_folder() / f"{name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("a")
    except OSError as error:
        raise ConfigError(f"cannot be opened: {error.strerror}", path) from error


def note_left_out(name: str, at: datetime) -> None:
    """A run that was not made, because the one before was still under way. Raises OSError."""
    times = [*left_out(name), at][-_LEFT_OUT_KEPT:]
    text = "".join(f"{each.astimezone(UTC).isoformat()}\n" for each in times)
    write_atomically(schedules_folder() / f"{name}.left-out", text.encode())


def left_out(name: str) -> tuple[datetime, ...]:
    """When runs were left out, the newest last; a file nobody can read says none."""
    try:
        lines = (schedules_folder() / f"{name}.left-out").read_text().splitlines()
        return tuple(datetime.fromisoformat(line) for line in lines)
    except (OSError, ValueError):
        return ()


def report_path(schedule: Schedule, day: date) -> Path:
    """Where the report of that day lies, or would lie."""
    return reports_folder() / f"{schedule.name}-{day:%Y-%m-%d}.html"


def forget_reports(schedule: Schedule) -> None:
    """Keeps the newest ones. Raises OSError."""
    for path in sorted(reports_folder().glob(f"{schedule.name}-????-??-??.html"))[: -schedule.keep_reports]:
        path.unlink(missing_ok=True)


def adopt(path: Path) -> Schedule:
    """A schedule that is handed in as a file, as in a container: kept as if it had been installed here.

    One that is kept already and says the same goes on. Raises ConfigError, OSError.
    """
    given = read_schedule(path)
    kept = schedules_folder() / f"{given.name}.json"
    if kept.is_file():
        known = read_schedule(kept)
        if known == given.model_copy(update={"installed_at": known.installed_at}):
            return known
    save_schedule(given)
    return given
