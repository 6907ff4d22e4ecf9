"""What a team has decided not to be told for now, as lines of text; and what of that is over."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time

from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.suppression import ExpiredSuppression, Suppressed


def until(moment: datetime) -> str:
    """`2026-12-31` for the end of that day, as people write it; else with the minute. UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d}" if moment.time() == time.max else f"{moment:%Y-%m-%d %H:%MZ}"


def suppressed_words(suppressed: Suppressed) -> str:
    """`until 2026-12-31, storage team: new disks are ordered (suppressions.yaml:3)`."""
    where = f" ({suppressed.where})" if suppressed.where else ""
    return f"until {until(suppressed.expires_at)}, {suppressed.owner}: {suppressed.reason}{where}"


def suppressed_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line for each that is suppressed."""
    for finding in findings:
        if finding.suppressed:
            what = f"{finding.severity}  {finding.host}  {finding.kind}  {finding.subject}"
            yield f"{what}  {suppressed_words(finding.suppressed)}"


def expired_lines(entries: Iterable[ExpiredSuppression]) -> Iterator[str]:
    """One line for each, so that somebody decides again."""
    for entry in entries:
        where = f" ({entry.where})" if entry.where else ""
        what = f"expired {until(entry.expires_at)}: {entry.what}, {entry.owner}, {entry.reason}{where}"
        yield f"{what}: what it hid is told again"


def counted(suppressed: int) -> str:
    """`1 finding suppressed`; empty if there is none."""
    return f"{suppressed} finding{'s' * (suppressed != 1)} suppressed" if suppressed else ""
