"""What today's code says about a recording, with the thresholds nobody has touched."""

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.diagnose.engine import diagnose
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import Recording
from nornir_hygiene.models.settings import Thresholds


def snapshot_of(recording: Recording) -> Snapshot:
    """The host as it was seen; a recording without one is of no use here."""
    seen = read_answer(recording.answer, recording.nonce, recording.taken_at)
    if isinstance(seen, NotObserved):
        raise ValueError(f"{recording.host} at {recording.taken_at}: {seen.reason}: {seen.detail}")
    return seen


def alarms(host: str, snapshot: Snapshot) -> tuple[Finding, ...]:
    """The findings above `info`."""
    findings = diagnose(host, snapshot, Thresholds(), catalogue())
    return tuple(finding for finding in findings if finding.severity != Severity.INFO)
