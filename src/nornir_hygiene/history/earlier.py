"""Audits that were saved earlier, for whoever does not trust one alone."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.models.run import AuditReport

# How an id tells the time: `20261122T031500Z-9f3c1a`.
_TIME = "%Y%m%dT%H%M%SZ"


def earlier_runs(begin: datetime, end: datetime, fingerprints: Collection[str]) -> Iterator[AuditReport]:
    """Saved audits that began in this time and have one of these findings, the newest first.

    There may be thousands: only what holds a fingerprint is parsed. A file that is no audit is none.
    """
    first, last = f"{begin:{_TIME}}", f"{end:{_TIME}}~"
    paths = sorted((path for path in runs_folder().glob("*.json") if first <= path.stem <= last), reverse=True)
    for path in paths:
        report = _report_with(path, fingerprints)
        if report:
            yield report


def _report_with(path: Path, fingerprints: Collection[str]) -> AuditReport | None:
    try:
        text = path.read_bytes()
        if not any(each.encode() in text for each in fingerprints):
            return None
        return AuditReport.model_validate_json(text)
    except (OSError, ValidationError):
        return None
