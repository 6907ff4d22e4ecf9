"""Report -> exit code of `nr run audit`. Pure."""

from collections.abc import Iterator

from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.run import AuditReport


def verdict(report: AuditReport, fail_on: Severity, *, require_all: bool) -> ExitCode:
    """Interrupted, else not observed if all are required, else findings, else not observed, else clean.

    A host whose very failure is suspicious (it connects but cannot fork) counts as a finding of that severity; a
    suppressed finding does not count.
    """
    if report.interrupted:
        return ExitCode.INTERRUPTED
    missing = any(host.not_observed for host in report.hosts)
    if missing and require_all:
        return ExitCode.NOT_OBSERVED
    if any(severity.rank >= fail_on.rank for severity in severities(report)):
        return ExitCode.FINDINGS
    return ExitCode.NOT_OBSERVED if missing else ExitCode.CLEAN


def severities(report: AuditReport) -> Iterator[Severity]:
    """Of every finding that is not suppressed, and of every suspicion."""
    for host in report.hosts:
        if host.not_observed and host.not_observed.suspicion:
            yield host.not_observed.suspicion
        yield from (finding.severity for finding in host.findings if not finding.suppressed)
