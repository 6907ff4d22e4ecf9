"""`nr run audit`: the report is printed, saved, and judged."""

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from nornir_hygiene.cli.execution import Execution, execute
from nornir_hygiene.cli.formats import print_report
from nornir_hygiene.cli.memory import remember
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.streams import say
from nornir_hygiene.cli.watched import watched_behind
from nornir_hygiene.content import load_task, own_catalogue_files
from nornir_hygiene.errors import ExitCode, NrError
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.report import json
from nornir_hygiene.report.assemble import assemble
from nornir_hygiene.report.verdict import verdict

if TYPE_CHECKING:
    from nornir_hygiene.content import TaskFunction


def run_audit(request: RunRequest, function: "TaskFunction") -> ExitCode:
    """Print first, save in any case: neither a full disk nor a closed pipe costs the other one its result."""
    report, unread = _report(request, function)
    try:
        print_report(report, request.output, sys.stdout)
    finally:
        _save(report, unread)
    return verdict(report, request.fail_on, require_all=request.require_all)


def audited_report(request: RunRequest) -> AuditReport:
    """The same audit for another command, which does the printing: saved, so that a plan can name it."""
    report, unread = _report(request, load_task("audit"))
    _save(report, unread)
    return report


def _report(request: RunRequest, function: "TaskFunction") -> tuple[AuditReport, str]:
    """And why nothing of earlier audits is in it, if so."""
    from nornir_hygiene.fleet.retaining import retention
    from nornir_hygiene.fleet.suppressing import suppressions, with_suppressions

    if own_catalogue_files():
        catalogue()  # a mistake in a project's own catalogue is answered before any host is asked
    suppressions()  # and one in what it suppresses
    retention()  # or in what it keeps
    execution = execute(request, function)
    report, unread = _assembled(request, execution)
    # The last thing of all: whatever was found, and by whom.
    return with_suppressions(report, execution.inventory, datetime.now(UTC)), unread


def _assembled(request: RunRequest, execution: Execution) -> tuple[AuditReport, str]:
    from nornir_hygiene.fleet.rounds import report_of, second_round

    hosts = [report_of(name, value) for name, value in execution.values()]
    if execution.interrupted:
        # Also then: a host that was seen whole would else be said to grow no more.
        known = remember(execution, tuple(hosts))
        return assemble(execution.frame, known.hosts, execution.finished_at, interrupted=True), known.unread
    runner_for = partial(watched_behind, request) if request.second_round else None
    found = second_round(execution.inventory, hosts, runner_for)
    told = remember(execution, found.hosts)
    interrupted, causes = found.interrupted, found.causes
    report = assemble(execution.frame, told.hosts, datetime.now(UTC), interrupted=interrupted, causes=causes)
    return report, told.unread


def _save(report: AuditReport, unread: str) -> None:
    """Each for itself: what one place cannot take costs neither the other nor the result.

    Of a history that is not there one warning is enough.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from nornir_hygiene.fleet.retaining import retain, retention
    from nornir_hygiene.history.audits import keep_audit
    from nornir_hygiene.history.store import open_store, reason_of

    try:
        save_run(report.run_id, json.render(report).encode("ascii"))
    except OSError as error:
        say(f"nr: warning: this run could not be saved: {error}")
    try:
        store = open_store()
        keep_audit(store, report)
    except (NrError, SQLAlchemyError) as error:
        say(f"nr: warning: this run is missing in the history: {reason_of(error)}")
        return
    if unread:
        say(f"nr: warning: what earlier runs counted is missing in this one; the history: {unread}")
    try:
        retain(store, retention(), datetime.now(UTC))
    except (SQLAlchemyError, OSError) as error:
        say(f"nr: warning: what is too old to be kept is still there: {reason_of(error)}")
