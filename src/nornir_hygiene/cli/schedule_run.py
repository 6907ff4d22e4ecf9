"""`nr schedule run` and `nr schedule report`: what a timer starts, in the folder the schedule was installed from."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from nornir_hygiene.cli.streams import results, say
from nornir_hygiene.errors import ConfigError, ExitCode
from nornir_hygiene.history.schedules import (
    adopt,
    find_schedule,
    forget_reports,
    note_left_out,
    only_one,
    report_path,
    schedules_folder,
)
from nornir_hygiene.models.past import KeptAudit
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.schedule import Schedule


def run_once(name: str) -> ExitCode:
    """One audit, unless one is under way: whoever started that one, this one does nothing. Raises NrError."""
    schedule = _known(name)
    with only_one(schedule.name) as alone:
        if alone:
            return _audit(schedule)
    say(f"nr: schedule {schedule.name}: the run before is still under way, so this one is left out")
    try:
        note_left_out(schedule.name, datetime.now(UTC))
    except OSError as error:
        say(f"nr: warning: that could not be noted: {error}")
    return ExitCode.NOT_OBSERVED


def report_once(name: str) -> ExitCode:
    """The report of the last day as a file of its own; a second one of the same day takes its place. Raises NrError."""
    from nornir_hygiene.cli.report import ReportFormat, report

    schedule = _known(name)
    _go_to(schedule)
    path = report_path(schedule, datetime.now().astimezone().date())
    code = report(
        since="1d",
        group=list(schedule.groups),
        host=list(schedule.hosts),
        inventory=schedule.inventory,
        output=ReportFormat.HTML,
        to=path,
    )
    forget_reports(schedule)
    _tell(str(path))
    return ExitCode(code)


def _audit(schedule: Schedule) -> ExitCode:
    from nornir_hygiene.cli.notify import notify_after_audit
    from nornir_hygiene.cli.run_audit import audited_report
    from nornir_hygiene.cli.schedule_install import audit_request
    from nornir_hygiene.report.past import audit_line
    from nornir_hygiene.report.verdict import verdict

    _go_to(schedule)
    request = audit_request(schedule)
    made = audited_report(request)
    _tell(audit_line(_in_short(made)))
    if request.notify and not made.interrupted:
        notify_after_audit(request.inventory)
    return verdict(made, request.fail_on, require_all=request.require_all)


def _known(name: str) -> Schedule:
    if not name.endswith(".json"):
        return find_schedule(name)
    try:
        return adopt(Path(name))
    except OSError as error:
        raise ConfigError(f"the schedule cannot be kept: {error.strerror}", schedules_folder()) from error


def _go_to(schedule: Schedule) -> None:
    """Its project is found from there, and so are the paths that were given."""
    try:
        os.chdir(schedule.folder)
    except OSError as error:
        hint = f"nr schedule install --name {schedule.name} in another folder, or nr schedule remove {schedule.name}"
        raise ConfigError(
            f"the schedule's folder cannot be entered: {error.strerror}", schedule.folder, None, hint
        ) from error


def _in_short(made: AuditReport) -> KeptAudit:
    return KeptAudit(**{name: getattr(made, name) for name in KeptAudit.model_fields})


def _tell(line: str) -> None:
    from nornir_hygiene.report.safe import safe

    with results():
        sys.stdout.write(f"{safe(line)}\n")
