"""Findings of several hosts that name the same thing far away. The same wait or image alone is no cause."""

from collections import defaultdict
from collections.abc import Iterable

from nornir_hygiene.models.cluster import CauseSort, FleetCause
from nornir_hygiene.models.finding import Finding, Subject

# Sorts of subjects that are one thing outside of the host, and names that say it could not be told.
_FAR: dict[str, CauseSort] = {"NFS server": "server", "SMB server": "server", "NFS export": "export"}
_UNTOLD = ("", "unknown")
_MIN_HOSTS = 2


def shared_servers(findings: Iterable[Finding]) -> list[FleetCause]:
    """One cause for each server or export that at least two hosts wait for; never established from this side."""
    groups: dict[Subject, list[Finding]] = defaultdict(list)
    for finding in findings:
        subject = finding.subject
        if subject.sort in _FAR and subject.name not in _UNTOLD and not finding.cause.established:
            groups[subject].append(finding)
    return [_cause(subject, group) for subject, group in groups.items() if len(_hosts(group)) >= _MIN_HOSTS]


def _hosts(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.host for finding in findings}))


def _cause(subject: Subject, findings: list[Finding]) -> FleetCause:
    hosts, sort = _hosts(findings), _FAR[subject.sort]
    return FleetCause(
        sort=sort,
        name=str(subject),
        sick="unknown",
        established=False,
        because=f"tasks on {len(hosts)} hosts wait for it",
        missing=f"what is wrong with it: the {sort} itself was not asked",
        hosts=hosts,
        fingerprints=tuple(sorted({finding.fingerprint for finding in findings})),
        restores=findings[0].restores,
    )
