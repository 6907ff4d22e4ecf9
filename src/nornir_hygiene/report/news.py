"""What there is to tell one receiver: the causes that are there, beside those it was told of. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import News, Notice, OpenCause, OpenFinding, Receiver, Telling
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.safe import safe

# Longer names are cut: a host may make them up.
_LONGEST_NAME = 300
# A cause is worse with more severity; or with at least twice as many hosts, and at least so many more.
MORE_HOSTS = 3
# When something was told that was only noted: no interval runs from it.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER: tuple[Telling, ...] = ("new", "worse", "gone")


class Changes(NamedTuple):
    """`news` is for one message, the most urgent first; `noted` are changes this receiver does not want to be told."""

    news: tuple[News, ...]
    noted: tuple[Notice, ...]


def open_causes(found: Iterable[OpenFinding], from_severity: Severity) -> dict[str, OpenCause]:
    """By name. Findings behind which no run knew a cause of the fleet belong to the cause their own host has."""
    groups: dict[str, list[OpenFinding]] = defaultdict(list)
    for one in found:
        groups[name_of(one)].append(one)
    causes = {name: _cause(name, group) for name, group in groups.items()}
    return {name: cause for name, cause in causes.items() if cause.severity.rank >= from_severity.rank}


def name_of(one: OpenFinding) -> str:
    """The cause it belongs to: `ceph-osd osd.1 on ceph-2`, or `worker-3: nginx (pid 812)`."""
    if one.cause:
        return safe(one.cause.name)[:_LONGEST_NAME]
    own = one.finding.cause.name if one.finding else f"{one.kept.kind} {one.kept.subject}"
    return safe(f"{one.kept.host}: {own}")[:_LONGEST_NAME]


def changes_for(
    receiver: Receiver,
    causes: Mapping[str, OpenCause],
    told: Mapping[str, Notice],
    now: datetime,
    suppressed: Collection[str] = (),
) -> Changes:
    """A cause that was told within the receiver's interval waits until it is over, whatever becomes of it meanwhile.

    `suppressed`: causes of which only suppressed findings are left; that they are gone is not told.
    """
    news, noted = [], []
    for name in sorted({*causes, *told}):
        before, there = told.get(name), causes.get(name)
        change = _change(there, before)
        if change is None or (before and now - before.told_at < receiver.at_most_every):
            continue
        one = News(change=change, name=name, now=there, before=before)
        if change in receiver.tell and not (change == "gone" and name in suppressed):
            news.append(one)
        elif change != "worse":
            noted.append(notice_of(one, before.told_at if before else NEVER))
    return Changes(tuple(sorted(news, key=_urgency)), tuple(noted))


def notice_of(one: News, told_at: datetime) -> Notice:
    """What is to be remembered of it."""
    return Notice(cause=one.name, told_at=told_at, severity=one.severity, hosts=one.hosts, gone=one.change == "gone")


def digest_due(receiver: Receiver, told_at: datetime | None, now: datetime) -> bool:
    """Has its hour come since the last one? The first one is due at once: it shows that the receiver is reached."""
    if receiver.digest == "none":
        return False
    due = datetime.combine(now.astimezone(UTC).date(), time(receiver.digest_hour), UTC)
    if due > now:
        due -= timedelta(days=1)
    if receiver.digest == "weekly":
        due -= timedelta(days=due.weekday())
    return told_at is None or told_at < due


def _change(there: OpenCause | None, before: Notice | None) -> Telling | None:
    if there is None:
        return "gone" if before and not before.gone else None
    if before is None or before.gone:
        return "new"
    return "worse" if _worse(there, before) else None


def _worse(there: OpenCause, before: Notice) -> bool:
    hosts = len(there.hosts)
    many_more = hosts >= 2 * before.hosts and hosts >= before.hosts + MORE_HOSTS
    return there.severity.rank > before.severity.rank or many_more


def _urgency(one: News) -> tuple[int, int, int, str]:
    return (_ORDER.index(one.change), -one.severity.rank, -one.hosts, one.name)


def _cause(name: str, group: list[OpenFinding]) -> OpenCause:
    hosts = tuple(sorted({one.kept.host for one in group}))
    known = next((one for one in group if one.finding), None)
    shared = next((one.cause for one in group if one.cause), None)
    return OpenCause(
        name=name,
        headline=_headline(name, shared, group, hosts),
        severity=max(map(_severity, group), key=lambda severity: severity.rank),
        hosts=hosts,
        kinds=tuple(sorted({one.kept.kind for one in group})),
        since=min(one.kept.begun_at for one in group),
        because=shared.because if shared else known.finding.cause.because if known and known.finding else "",
        restores=(shared.restores if shared else "") or (known.finding.restores if known and known.finding else ""),
    )


def _severity(one: OpenFinding) -> Severity:
    """As it is now; where no saved run tells, the worst it was."""
    return one.finding.severity if one.finding else one.kept.worst


def _headline(name: str, shared: FleetCause | None, group: list[OpenFinding], hosts: tuple[str, ...]) -> str:
    if shared:
        prints = tuple(sorted(one.kept.fingerprint for one in group))
        return headline(shared.model_copy(update={"hosts": hosts, "fingerprints": prints}))
    counts = f"{len(group)} finding{'s' * (len(group) != 1)}"
    sure = all(one.finding and one.finding.cause.established for one in group)
    return f"{name}: {counts}" if sure else f"cause not established: {name}: {counts}"
