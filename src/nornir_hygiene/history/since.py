"""What a span of time changed: what is new at its end, worse, still there, and what went in it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple

from sqlalchemy import Engine, RowMapping, Select, or_

from nornir_hygiene.history.kept_findings import kept_finding, of_hosts, with_episodes
from nornir_hygiene.history.newest import newest_within
from nornir_hygiene.history.tables import episodes, findings
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Change
from nornir_hygiene.models.past import KeptFinding, SinceThen


class Changed(NamedTuple):
    """One finding and what became of it. `severity` is the newest known, `kept.worst` the worst of its episode."""

    kept: KeptFinding
    change: Change
    severity: Severity


def findings_between(
    engine: Engine, since: datetime, until: datetime, host_names: Collection[str] | None = None
) -> tuple[Changed, ...]:
    """Each finding that is there at `until` or went in the span, once, by host, kind and subject.

    What went away in between and is there again is still there, or worse; what came and went is gone.
    """
    query = _episodes_within(since, until)
    with engine.connect() as connection:
        rows = [row for one in of_hosts(query, host_names) for row in connection.execute(one).mappings()]
    found = (_changed(list(told), since, until) for _, told in groupby(rows, key=lambda row: row["fingerprint"]))
    return tuple(sorted(found, key=lambda one: (one.kept.host, one.kept.kind, one.kept.subject, one.kept.fingerprint)))


def became_worse(before: KeptFinding, now: KeptFinding, since: datetime, until: datetime) -> bool:
    """Within the span, than it had ever been in its episode; of another episode, than it was in the one before."""
    if before.begun_at != now.begun_at:
        return now.worst.rank > before.worst.rank
    return now.worse_at is not None and since < now.worse_at <= until


def since_then(engine: Engine, since: datetime, until: datetime) -> SinceThen:
    """Of all hosts the history knows: what is there at `until`, beside what was there at `since`."""
    told: dict[Change | Literal["unknown"], list[KeptFinding]] = defaultdict(list)
    with engine.connect() as connection:
        newest = newest_within(connection, since, until)
    silent = {host for host, one in newest.items() if one.outcome == "not_observed"}
    for kept, change, _ in findings_between(engine, since, until):
        told["unknown" if change != "gone" and kept.host in silent else change].append(kept)
    return SinceThen(
        since=since,
        until=until,
        new=tuple(told["new"]),
        worse=tuple(told["worse"]),
        gone=tuple(told["gone"]),
        still=tuple(told["still"]),
        unknown=tuple(told["unknown"]),
    )


def _episodes_within(since: datetime, until: datetime) -> Select[Any]:
    """Those of one finding beside each other, in the order of time."""
    return (
        with_episodes()
        .where(episodes.c.begun_at <= until, or_(episodes.c.ended_at.is_(None), episodes.c.ended_at > since))
        .order_by(findings.c.id, episodes.c.begun_at, episodes.c.id)
    )


def _changed(told: Sequence[RowMapping], since: datetime, until: datetime) -> Changed:
    """Of one finding, all its episodes of the span."""
    before, kept = kept_finding(told[0]), kept_finding(told[-1])
    severity = Severity(told[-1]["severity"])
    if kept.ended_at is not None and kept.ended_at <= until:
        return Changed(kept, "gone", severity)
    if before.begun_at > since:
        return Changed(kept, "new", severity)
    # What was worse for a while and is not any more has not become worse.
    eased = kept.last_seen_at <= until and severity.rank < kept.worst.rank
    worse = became_worse(before, kept, since, until) and not eased
    return Changed(kept, "worse" if worse else "still", severity)
