"""Which findings a team's `suppressions.yaml` says do not count for now. Pure: the time is handed in.

They keep their place in every result; a host that was not observed is no finding, and nothing here can hide one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.suppression import ExpiredSuppression, Suppressed, Suppression

GroupsOfHost = Mapping[str, Collection[str]]


def suppressed_by(
    entries: Iterable[Suppression], host: str, groups: Collection[str], kind: str, subject: str, now: datetime
) -> Suppressed | None:
    """The unexpired entry that matches; of several the one that lasts longest. None if there is none.

    Takes what also the history knows of a finding; `subject` is str(Finding.subject).
    """
    matching = [each for each in entries if now <= each.expires and _is_for(each, host, groups, kind, subject)]
    if not matching:
        return None
    last = max(matching, key=lambda each: each.expires)
    return Suppressed(reason=last.reason, owner=last.owner, expires_at=last.expires, where=last.where)


def expired(entries: Iterable[Suppression], now: datetime) -> tuple[ExpiredSuppression, ...]:
    """Those whose time is over, in the order of the file, whether or not they would match anything."""
    return tuple(
        ExpiredSuppression(
            what=what(each), reason=each.reason, owner=each.owner, expires_at=each.expires, where=each.where
        )
        for each in entries
        if now > each.expires
    )


def applied(
    entries: Sequence[Suppression], report: AuditReport, groups_of_host: GroupsOfHost, now: datetime
) -> AuditReport:
    """The report with each finding marked as the entries say now, whatever it was marked with before."""
    hosts = tuple(_marked(host, entries, groups_of_host.get(host.host, ()), now) for host in report.hosts)
    count = sum(1 for host in hosts for finding in host.findings if finding.suppressed)
    told = {"hosts": hosts, "suppressed": count, "expired_suppressions": expired(entries, now)}
    return report.model_copy(update=told)


def what(entry: Suppression) -> str:
    """`rbd-io-hang on worker-*, device rbd3`: what an entry hides, in short."""
    parts = [part for part in (entry.host, f"group {entry.group}" if entry.group else "") if part]
    about = f", {entry.subject}" if entry.subject else ""
    return f"{', '.join(entry.kind)} on {' in '.join(parts)}{about}"


def _is_for(entry: Suppression, host: str, groups: Collection[str], kind: str, subject: str) -> bool:
    return (
        kind in entry.kind
        and (not entry.host or fnmatchcase(host, entry.host))
        and (not entry.group or entry.group in groups)
        and (not entry.subject or fnmatchcase(subject, entry.subject))
    )


def _marked(host: HostReport, entries: Sequence[Suppression], groups: Collection[str], now: datetime) -> HostReport:
    def marked(finding: Finding) -> Finding:
        by = suppressed_by(entries, finding.host, groups, finding.kind, str(finding.subject), now)
        return finding if by == finding.suppressed else finding.model_copy(update={"suppressed": by})

    return host.model_copy(update={"findings": tuple(map(marked, host.findings))}) if host.findings else host
