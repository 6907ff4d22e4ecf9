"""What comes again: findings that had gone and are back, those that flap, and those a repair did not keep away."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row, Select, exists, or_, select

from nornir_hygiene.history.kept_findings import of_hosts
from nornir_hygiene.history.repairs import Repair, repairs
from nornir_hygiene.history.tables import episodes, findings, hosts

# As often as this within one span: it comes and goes.
FLAPS_FROM = 3


class Return(NamedTuple):
    """`times_back` in the span; `back_after`: the runbook whose repair it last came back after, empty for none."""

    times_back: int
    back_after: str = ""

    @property
    def flapping(self) -> bool:
        """It comes and goes."""
        return self.times_back >= FLAPS_FROM


class _Episode(NamedTuple):
    begun_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None


class _Back(NamedTuple):
    """One time it was there again. `at`: of the first audit that saw it, or of the repair it was seen after."""

    at: datetime
    after: str


def returns(
    engine: Engine, since: datetime, until: datetime, host_names: Collection[str] | None = None
) -> dict[str, Return]:
    """By fingerprint, of findings that came back in the span at least once; `host_names` None: of all hosts."""
    query = _episodes(since, until)
    with engine.connect() as connection:
        done = repairs(connection, until)
        rows = [row for one in of_hosts(query, host_names) for row in connection.execute(one)]
    found: dict[str, Return] = {}
    for fingerprint, told in groupby(rows, key=lambda row: str(row.fingerprint)):
        times = _backs(_known(told), done.get(fingerprint, ()))
        within = sorted(one for one in times if since < one.at <= until)
        if within:
            after = next((one.after for one in reversed(within) if one.after), "")
            found[fingerprint] = Return(len(within), after)
    return found


def _episodes(since: datetime, until: datetime) -> Select[Any]:
    """All of each finding that was there in the span, also those before it, in the order of time."""
    there = episodes.alias("there")
    return (
        select(findings.c.fingerprint, episodes.c.begun_at, episodes.c.last_seen_at, episodes.c.ended_at)
        .join(findings, findings.c.id == episodes.c.finding_id)
        .join(hosts, hosts.c.id == findings.c.host_id)
        .where(
            episodes.c.begun_at <= until,
            exists().where(
                there.c.finding_id == findings.c.id,
                there.c.begun_at <= until,
                or_(there.c.ended_at.is_(None), there.c.ended_at > since),
            ),
        )
        .order_by(findings.c.id, episodes.c.begun_at, episodes.c.id)
    )


def _known(rows: Iterable[Row[Any]]) -> list[_Episode]:
    """Without those of audits that were kept late: of them nobody knows when they ended, so not that it had gone."""
    told = (_Episode(row.begun_at, row.last_seen_at, row.ended_at) for row in rows)
    return [one for one in told if one.ended_at != one.begun_at]


def _backs(told: Sequence[_Episode], done: Sequence[Repair]) -> Iterator[_Back]:
    """Each episode after another, and what was seen again after a repair before any audit had missed it."""
    for earlier, later in pairwise(told):
        yield _Back(later.begun_at, _ended_by(earlier, later, done))
    for one in told:
        yield from (
            _Back(each.ended_at, each.runbook) for each in done if one.begun_at < each.ended_at < one.last_seen_at
        )


def _ended_by(earlier: _Episode, later: _Episode, done: Sequence[Repair]) -> str:
    """The runbook after whose repair it was not seen again, until the later episode began."""
    ended_at = earlier.ended_at or later.begun_at
    fitting = [
        one.runbook
        for one in done
        if one.begun_at <= ended_at and earlier.last_seen_at <= one.ended_at < later.begun_at
    ]
    return fitting[-1] if fitting else ""
