"""Seen once it may be on its way out: what an earlier audit saw as well, and the guard that asks for it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from nornir_hygiene.models.plan import SeenBefore
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Runbook
from nornir_hygiene.remediate.case import Case

NAME = "seen-before"
# What was seen longer ago says more about that day than about this one.
OLDEST = timedelta(days=7)


def window(report: AuditReport, runbook: Runbook) -> tuple[datetime, datetime]:
    """When an earlier audit may have ended to count: not before, not after."""
    return report.started_at - OLDEST, report.started_at - timedelta(seconds=runbook.limits.seen_before_s)


def asks_for_two(runbook: Runbook) -> bool:
    """Whether one audit is not enough for it."""
    return NAME in runbook.guards


def seen_before(case: Case, runbook: Runbook, earlier: Iterable[AuditReport]) -> SeenBefore | None:
    """The first of the earlier audits that may count and has the same finding with at least one of its processes."""
    begin, end = window(case.report, runbook)
    for report in earlier:
        if begin <= report.finished_at <= end and (both := _in_both(case, report)):
            processes = tuple(process for process in case.processes if process in both)
            return SeenBefore(run_id=report.run_id, at=report.finished_at, processes=processes)
    return None


def _in_both(case: Case, report: AuditReport) -> set[ProcessIdentity | None]:
    now: set[ProcessIdentity | None] = set(case.processes)
    prints = {finding.fingerprint for finding in case.findings}
    findings = (finding for host in report.hosts for finding in host.findings if finding.fingerprint in prints)
    return now & {task.identity for finding in findings for task in finding.evidence.tasks}


def not_seen_before(case: Case, runbook: Runbook) -> str | None:
    """The guard: the same processes, by identity, in two audits that lie apart."""
    if case.before is None:
        apart = runbook.limits.seen_before_s
        return f"no audit that was saved at least {apart} s before shows one of these processes; plan again after that"
    begin, end = window(case.report, runbook)
    if not begin <= case.before.at <= end:
        return f"{case.before.run_id} is less than {runbook.limits.seen_before_s} s or more than 7 days older"
    return None if case.seen_twice else f"none of the processes that {case.before.run_id} saw is left"
