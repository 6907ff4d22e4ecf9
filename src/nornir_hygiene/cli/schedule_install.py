"""`nr schedule install`: from the words of a command line to a schedule, its texts, and where they go."""

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from nornir_hygiene.cli.formats import Format
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.schedule_units import (
    enable,
    is_system,
    lingers,
    remove_units,
    secrets_file,
    systemd_runs,
    units_folder,
    write_units,
)
from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.content import default_inventory
from nornir_hygiene.errors import ConfigError, ExitCode, UsageError
from nornir_hygiene.history.schedules import all_schedules, save_schedule, schedules_folder
from nornir_hygiene.history.store import URL_VARIABLE
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.schedule import Form, ReportEvery, Schedule, Start
from nornir_hygiene.models.span import parse_span
from nornir_hygiene.report.schedule import Unit, cron_lines, units

# Without a login these would be others, or none.
_FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


@dataclass(frozen=True)
class Wish:
    """The command line of `nr schedule install`."""

    every: str
    groups: tuple[str, ...]
    hosts: tuple[str, ...]
    inventory: str | None
    name: str
    report: ReportEvery
    keep: int
    notify: bool
    timeout_s: float
    workers: int
    form: Form
    image: str
    to: Path | None
    only_print: bool


def install_schedule(wish: Wish) -> ExitCode:
    """Everything is checked and shown before anything is written. Raises NrError."""
    folder = (wish.to or units_folder()).absolute()
    made = _schedule(wish, folder)
    _check_hosts(made)
    earlier = _refuse_a_twin(made)
    if wish.form == "cronjob":
        return _show_manifest(made, wish)
    texts = units(made, _start(), system=is_system()) if wish.form == "systemd" else ()
    _show(_unit_text(folder, texts) if texts else _cron_text(made))
    if wish.only_print:
        return ExitCode.CLEAN
    if earlier and earlier.form == "systemd":
        remove_units(earlier)
    write_units(folder, texts)
    _keep(made, earlier)
    if texts:
        _begin(made, folder)
    _warn(made)
    return ExitCode.CLEAN


def selection_of(schedule: Schedule) -> str:
    """As the audits of `nr run` have it."""
    return audit_request(schedule).selection


def audit_request(schedule: Schedule) -> RunRequest:
    """What `nr run audit` would have been asked for."""
    return RunRequest(
        task="audit",
        groups=schedule.groups,
        hosts=schedule.hosts,
        filters=(),
        inventory=schedule.inventory,
        output=Format.TEXT,
        fail_on=Severity.WARNING,
        require_all=False,
        timeout_s=schedule.timeout_s,
        workers=schedule.workers,
        notify=schedule.notify,
    )


def _schedule(wish: Wish, folder: Path) -> Schedule:
    try:
        every = parse_span(wish.every)
        made = Schedule(
            name=wish.name or _name(wish),
            every_s=int(every.total_seconds()),
            groups=wish.groups,
            hosts=wish.hosts,
            selection="",
            folder=str(Path.cwd()),
            inventory=wish.inventory,
            timeout_s=wish.timeout_s,
            workers=wish.workers,
            report=wish.report,
            keep_reports=wish.keep,
            notify=wish.notify,
            form=wish.form,
            units=str(folder) if wish.form == "systemd" else "",
            installed_at=datetime.now(UTC),
        )
    except ValidationError as error:
        raise _usage(error) from None
    except ValueError as error:
        raise UsageError(f"--every: {error}") from None
    return made.model_copy(update={"selection": selection_of(made)})


def _name(wish: Wish) -> str:
    return "-".join((*wish.groups, *wish.hosts)).lower() or "all-hosts"


def _usage(error: ValidationError) -> UsageError:
    first = error.errors()[0]
    field = str(first["loc"][0])
    if field == "name":
        why = f"a schedule cannot be called {str(first['input'])[:80]!r}"
        return UsageError(why, "give --name with small letters, digits and -, at most 40")
    return UsageError(f"{'--every' if field == 'every_s' else field}: {first['msg'].removeprefix('Value error, ')}")


def _check_hosts(made: Schedule) -> None:
    """A wrong name is said now, and not every quarter of an hour."""
    from nornir_hygiene.fleet.inventories import inventory_from
    from nornir_hygiene.fleet.selection import select

    select(inventory_from(made.inventory or str(default_inventory())), made.groups, made.hosts)


def _refuse_a_twin(made: Schedule) -> Schedule | None:
    """The schedule that had this name until now, if there is one."""
    known = [one for one in all_schedules() if one.removed_at is None]
    twin = next((one for one in known if one.selection == made.selection and one.name != made.name), None)
    if twin and made.form != "cronjob":
        raise UsageError(
            f"the schedule {twin.name!r} audits {twin.selection} too: the history could not tell their runs apart",
            f"choose other hosts, or nr schedule remove {twin.name}",
        )
    return next((one for one in known if one.name == made.name), None)


def _keep(made: Schedule, earlier: Schedule | None) -> None:
    """The same hosts as often as before go on being expected since then."""
    same = earlier and (earlier.selection, earlier.every_s) == (made.selection, made.every_s)
    kept = made.model_copy(update={"installed_at": earlier.installed_at}) if earlier and same else made
    try:
        save_schedule(kept)
    except OSError as error:
        raise ConfigError(f"the schedule cannot be kept: {error.strerror}", schedules_folder()) from error


def _begin(made: Schedule, folder: Path) -> None:
    if systemd_runs(folder):
        enable(made)
        say(f"nr: {made.name} runs from now on; nr schedule list shows how it does")
    else:
        say(
            f"nr: the units are in {folder}; no systemd was told: systemctl daemon-reload, then enable --now the timers"
        )


def _warn(made: Schedule) -> None:
    if os.environ.get(URL_VARIABLE):
        where = str(secrets_file()) if made.form == "systemd" else "the crontab, above its lines"
        say(f"nr: {URL_VARIABLE} may hold a password, so it was written nowhere: put {URL_VARIABLE}=... into {where}")
    if made.form == "systemd" and not lingers():
        say("nr: your timers end with your last login: loginctl enable-linger keeps them running")


def _start() -> Start:
    """As `nr` was started now, by absolute paths."""
    own = Path(sys.argv[0]).absolute()
    by_name = own.name == "nr" and os.access(own, os.X_OK)
    command = (str(own),) if by_name else (sys.executable, "-m", "nornir_hygiene.cli.main")
    given = tuple((name, os.environ[name]) for name in _FOLDERS if os.environ.get(name))
    return Start(command=command, environment=given, secrets=str(secrets_file()))


def _show_manifest(made: Schedule, wish: Wish) -> ExitCode:
    from nornir_hygiene.report.cronjob import manifest

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*", wish.image):
        raise UsageError("--as cronjob needs --image", "an image that has nr on its PATH: registry/nr:1.0")
    _show(manifest(made, wish.image))
    return ExitCode.CLEAN


def _unit_text(folder: Path, texts: Iterable[Unit]) -> str:
    return "\n".join(f"# {folder / unit.name}\n{unit.text}" for unit in texts)


def _cron_text(made: Schedule) -> str:
    return "".join(f"{line}\n" for line in cron_lines(made, _start()))


def _show(text: str) -> None:
    with results():
        sys.stdout.write(text)
