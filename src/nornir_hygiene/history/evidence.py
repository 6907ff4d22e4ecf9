"""What the saved runs still tell of findings and hosts the history knows: read a few files, never all of a month."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from nornir_hygiene.history.chunks import chunks
from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.history.tables import audits, storable
from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.past import KeptFinding
from nornir_hygiene.models.run import AuditReport, HostReport

# After so much no further file is read: that took a second or two. What is newest and still there comes first.
_BYTES = 32 * 1024 * 1024


@dataclass
class Evidence:
    """What was found in the files. `findings` and, when the newest audit with it began, `seen_at`: by fingerprint.

    `causes`: by when the audit began. `hosts`: by name, as the newest audit saw it, without its findings.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    seen_at: dict[str, datetime] = field(default_factory=dict)
    causes: dict[datetime, tuple[FleetCause, ...]] = field(default_factory=dict)
    hosts: dict[str, HostReport] = field(default_factory=dict)


def evidence_of(
    connection: Connection, newest_runs: Mapping[str, str], there: Iterable[KeptFinding], gone: Iterable[KeptFinding]
) -> Evidence:
    """`newest_runs`: by host, the run of its newest audit. What no file tells any more is missing."""
    of_findings = [_runs_at(connection, {one.last_seen_at for one in each}) for each in (list(there), list(gone))]
    order = dict.fromkeys(
        run for runs in (newest_runs.values(), *of_findings) for run in sorted(set(runs), reverse=True)
    )
    found = Evidence()
    for report in _read(order):
        _take(report, newest_runs, found)
    return found


def _take(report: AuditReport, newest_runs: Mapping[str, str], found: Evidence) -> None:
    """Not every finding's file is read in the order of time: the newest word on each stays."""
    at = report.started_at
    found.causes[at] = (*found.causes.get(at, ()), *report.causes)
    for host in report.hosts:
        if newest_runs.get(storable(host.host)) == report.run_id:
            found.hosts[storable(host.host)] = host.model_copy(update={"findings": ()})
        for finding in host.findings:
            known = found.seen_at.get(finding.fingerprint)
            if known is None or known < at:
                found.findings[finding.fingerprint], found.seen_at[finding.fingerprint] = finding, at


def _runs_at(connection: Connection, times: set[datetime]) -> list[str]:
    """An episode knows when it was seen last, which is when an audit began."""
    found: list[str] = []
    for some in chunks(sorted(times)):
        found += connection.execute(select(audits.c.run_id).where(audits.c.started_at.in_(some))).scalars()
    return found


def _read(run_ids: Iterable[str]) -> Iterator[AuditReport]:
    """A file that is missing or broken is passed over, and so is what is too much."""
    left = _BYTES
    for run_id in run_ids:
        path = runs_folder() / f"{run_id}.json"
        if path.parent != runs_folder():  # an imported run may call itself anything
            continue
        if left <= 0:
            return
        left -= _size(path)
        report = _report(path)
        if report:
            yield report


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _report(path: Path) -> AuditReport | None:
    try:
        return AuditReport.model_validate_json(path.read_bytes())
    except (OSError, ValueError):  # also what pydantic says of it
        return None
