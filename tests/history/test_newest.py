"""How hosts came out of their newest audits, and what there was of them over time, on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.coverage import audit_times, coverage_of
from nornir_hygiene.history.moments import counts_of, with_findings
from nornir_hygiene.history.newest import fleet_over_time, known_hosts, newest_within
from nornir_hygiene.history.states import headroom, owner_sums
from nornir_hygiene.models.census import LimitUse, OwnerCounts
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Moment, OwnerSum
from nornir_hygiene.models.past import Trend
from nornir_hygiene.models.run import AuditReport, Totals
from tests.history.stories import at, audit, census, finding, host, silent

LEAKY = OwnerCounts(owner="app of app.service", zombies=2, orphans=5)
CRITICAL = Severity.CRITICAL


def kept(store: Engine, *reports: AuditReport) -> None:
    for report in reports:
        assert keep_audit(store, report)


def outcomes(store: Engine, since: float, until: float) -> dict[str, tuple[str, float]]:
    with store.connect() as connection:
        found = newest_within(connection, at(since), at(until))
    return {name: (one.outcome, (one.at - at(0)) / timedelta(minutes=1)) for name, one in found.items()}


def test_each_host_counts_as_its_newest_audit_told_it_whichever_audit_that_was(store: Engine) -> None:
    kept(store, audit(30, host("w1", finding("w1")), host("w2")), audit(60, silent("w1")), audit(0, host("w3")))
    assert outcomes(store, -1, 60) == {"w1": ("not_observed", 60), "w2": ("clean", 30), "w3": ("clean", 0)}
    assert outcomes(store, -1, 59) == {"w1": ("with_findings", 30), "w2": ("clean", 30), "w3": ("clean", 0)}


def test_the_beginning_of_a_span_is_not_in_it_and_its_end_is(store: Engine) -> None:
    kept(store, audit(0, host("w1")), audit(30, host("w2")))
    assert outcomes(store, 0, 30) == {"w2": ("clean", 30)}
    assert outcomes(store, 30, 90) == {}


def test_who_was_heard_of_once_is_known(store: Engine) -> None:
    assert known_hosts(store) == frozenset()
    kept(store, audit(0, host("w1"), silent("w2")))
    assert known_hosts(store) == {"w1", "w2"}


def moments(store: Engine, since: float, until: float, *names: str) -> tuple[Moment, ...]:
    with store.connect() as connection:
        told = fleet_over_time(connection, at(since), at(until), names or None)
        counts = [(counts_of(when, known.values()), set(known)) for when, known in told]
        known = counts[-1][1] if counts else set()
        return with_findings(connection, [one for one, _ in counts], known)


def test_the_fleet_at_each_audit_is_what_the_newest_audits_told_by_then(store: Engine) -> None:
    bad = finding("w1", severity=CRITICAL)
    kept(store, audit(0, host("w1", finding("w1"), counts=census(LEAKY)), host("w2")))
    kept(store, audit(30, host("w1", bad, finding("w1", "rbd4"), counts=census(LEAKY))))
    kept(store, audit(60, host("w1", bad)), audit(90, silent("w2")))
    first, second, third, fourth = moments(store, -1, 100)
    assert (first.selected, first.observed, first.zombies, first.orphans) == (2, 2, 2, 5)
    # It is critical now, and nobody kept when it was less.
    assert [(one.critical, one.warning) for one in (first, second, third, fourth)] == [(1, 0), (1, 1), (1, 0), (1, 0)]
    assert (third.zombies, third.orphans, third.blocked) == (0, 0, 0)
    assert (fourth.selected, fourth.observed, fourth.at) == (2, 1, at(90))


def test_other_hosts_leave_no_moment(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding("w1"))), audit(30, host("w2", finding("w2"))))
    (only,) = moments(store, -1, 60, "w2")
    assert (only.at, only.selected, only.warning) == (at(30), 1, 1)
    assert moments(store, -1, 60, "w3") == ()


def test_many_audits_are_thinned_and_the_last_is_told(store: Engine) -> None:
    for minute in range(450):
        keep_audit(store, audit(minute, host(f"w{minute % 2}"), *([silent("late")] if minute == 449 else [])))
    found = moments(store, -1, 449)
    assert 150 <= len(found) <= 200
    assert (found[-1].at, found[-1].selected, found[-1].observed) == (at(449), 3, 2)
    assert [one.at for one in found] == sorted({one.at for one in found})


def test_coverage_adds_up_and_names_who_was_never_audited(store: Engine) -> None:
    kept(store, audit(0, host("w1"), silent("w2"), silent("w3")), audit(30, host("w1", finding("w1"))))
    with store.connect() as connection:
        fleet = newest_within(connection, at(-1), at(60))
        times = audit_times(connection, at(-1), at(60))
        assert audit_times(connection, at(-1), at(60), {"w2", "w9"}) == (at(0),)
    found = coverage_of(fleet.values(), times, {"w1", "w8", "w9"})
    assert found.totals == Totals(selected=3, clean=0, with_findings=1, not_observed=2, incomplete=0)
    assert (found.reasons, found.never) == ((("deadline", 2),), ("w8", "w9"))
    assert (found.audits, found.first_at, found.last_at) == (2, at(0), at(30))


@pytest.fixture
def counted(store: Engine) -> Engine:
    """w1 was well again, w2 and w3 are not; w4 was not seen since."""
    full, room = LimitUse(name="/app", used=90, limit=100), LimitUse(name="kernel.pid_max", used=40, limit=100)
    kept(store, audit(0, host("w1", counts=census(LEAKY)), host("w4", counts=census(LEAKY, limits=(full,)))))
    more = census(LEAKY, OwnerCounts(owner="cron", blocked=1), limits=(room,))
    kept(store, audit(30, host("w1"), host("w2", counts=census(LEAKY, limits=(full, room))), host("w3", counts=more)))
    return store


def test_owners_are_summed_over_the_hosts_as_they_are_now(counted: Engine) -> None:
    with counted.connect() as connection:
        found = owner_sums(connection, at(10), {"w1", "w2", "w3", "w4"})
        assert owner_sums(connection, at(10), {"w3"})[0].hosts == 1
    assert found == (
        OwnerSum(owner="app of app.service", hosts=2, zombies=4, orphans=10),
        OwnerSum(owner="cron", hosts=1, blocked=1),
    )


def test_the_fullest_limit_is_first_and_its_trend_stands_with_it(counted: Engine) -> None:
    grows = {"value": 40, "since": at(0), "per_hour": 2.0, "least_per_hour": 1.0, "most_per_hour": 3.0}
    trend = Trend(host="w3", what="limit", name="kernel.pid_max", limit=100, **grows)
    other = trend.model_copy(update={"host": "w2", "what": "zombies"})
    with counted.connect() as connection:
        found = headroom(connection, at(10), {"w2", "w3", "w4"}, (trend, other))
    assert [(one.host, one.name, one.used) for one in found] == [
        ("w2", "/app", 90),
        ("w2", "kernel.pid_max", 40),
        ("w3", "kernel.pid_max", 40),
    ]
    assert [one.trend for one in found] == [None, None, trend]
