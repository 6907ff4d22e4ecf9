"""Puts the units of a schedule where systemd looks for them, and takes them away again."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_config_path

from nornir_hygiene.errors import ConfigError, NrError
from nornir_hygiene.history.folder import write_atomically
from nornir_hygiene.models.schedule import Schedule
from nornir_hygiene.report.schedule import Unit, unit_names

# systemd answers at once, or something is very wrong with it.
_PATIENCE_S = 60


def is_system() -> bool:
    """Root's schedules belong to the machine."""
    return os.geteuid() == 0


def units_folder() -> Path:
    """Where systemd looks for units of this user, or of the machine."""
    return Path("/etc/systemd/system") if is_system() else user_config_path("systemd") / "user"


def secrets_file() -> Path:
    """Where variables lie that stand in no unit, as anybody may read those."""
    return (
        Path("/etc/nornir-hygiene/environment") if is_system() else user_config_path("nornir-hygiene") / "environment"
    )


def write_units(folder: Path, units: Iterable[Unit]) -> None:
    """Raises ConfigError."""
    for unit in units:
        try:
            write_atomically(folder / unit.name, unit.text.encode())
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", folder / unit.name) from error


def systemd_runs(folder: Path) -> bool:
    """Whether there is a systemd to tell about units in this folder."""
    return folder == units_folder() and Path("/run/systemd/system").is_dir() and shutil.which("systemctl") is not None


def enable(schedule: Schedule) -> None:
    """Its timers run from now on, and after each boot. Raises NrError with what systemctl says."""
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", *_timers(schedule))


def remove_units(schedule: Schedule) -> None:
    """Stops its timers and deletes the files, those there are. A run that is under way ends by itself."""
    folder = Path(schedule.units)
    known = [f"{name}.timer" for name in unit_names(schedule) if (folder / f"{name}.timer").is_file()]
    if known and systemd_runs(folder):
        _systemctl("disable", "--now", *known)
    for name in unit_names(schedule):
        for suffix in ("service", "timer"):
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    if known and systemd_runs(folder):
        _systemctl("daemon-reload")


def lingers() -> bool:
    """Whether timers of this user go on after the last logout."""
    import getpass

    return is_system() or (Path("/var/lib/systemd/linger") / getpass.getuser()).exists()


def _timers(schedule: Schedule) -> list[str]:
    return [f"{name}.timer" for name in unit_names(schedule)]


def _systemctl(*words: str) -> None:
    command = ["systemctl", *([] if is_system() else ["--user"]), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NrError(f"systemctl {' '.join(words)}: {error}") from error
    if done.returncode:
        raise NrError(f"systemctl {' '.join(words)}: {done.stderr.strip()}", "the units are written; try it by hand")
