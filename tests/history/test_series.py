"""Which counts of a fleet grow, told from its audits, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.series import growing, growing_with
from nornir_hygiene.models.census import Census, LimitUse, OwnerCounts
from nornir_hygiene.report.past import trend_line
from tests.history.stories import at, audit, census, host

HOURS = 60
LEAKS_FROM = 48


@pytest.fixture
def audited(store: Engine) -> Engine:
    """Hourly and then oftener: w1 leaks of late, w2 fills its limit, w3 has zombies each night."""
    for hour in (*range(LEAKS_FROM), *(LEAKS_FROM + half / 2 for half in range(2 * (HOURS - LEAKS_FROM) + 1))):
        leaked = 6 + int(4 * max(0.0, hour - LEAKS_FROM))
        used = 100 + int(5 * max(0.0, hour - LEAKS_FROM))
        burst = 200 if hour % 24 < 1 else 0
        keep_audit(
            store,
            audit(
                60 * hour,
                host("w1", counts=census(OwnerCounts(owner="kuryr of kuryr.service", orphans=leaked))),
                host("w2", counts=census(limits=(LimitUse(name="/app", used=used, limit=400),))),
                host("w3", counts=census(OwnerCounts(owner="cron", zombies=burst))),
            ),
        )
    return store


def test_what_leaks_and_what_fills_is_told_and_nothing_else(audited: Engine) -> None:
    fills, leaks = growing(audited, at(60 * HOURS))
    assert (leaks.host, leaks.what, leaks.name, leaks.value) == ("w1", "orphans", "kuryr of kuryr.service", 54)
    assert leaks.per_hour == pytest.approx(4, rel=0.1)
    assert leaks.hours_left is None
    assert (fills.host, fills.limit, fills.value) == ("w2", 400, 160)
    assert fills.hours_left == pytest.approx(48, rel=0.1)
    assert (fills.hours_left_earliest or 0) <= (fills.hours_left or 0)
    assert trend_line(fills).startswith("w2  limit  /app: 160 of 400, +5 an hour (")
    assert "; used up in 4" in trend_line(fills)


def test_who_was_not_seen_for_a_day_is_not_said_to_grow(audited: Engine) -> None:
    assert growing(audited, at(60 * (HOURS + 25))) == ()


def test_an_empty_history_has_no_trend(store: Engine) -> None:
    assert growing(store, at(0)) == ()
    assert growing_with(store, {"w1": LEAKY}, at(0)) == ()


def test_only_the_hosts_asked_for_are_told(audited: Engine) -> None:
    assert [one.host for one in growing(audited, at(60 * HOURS), ["w1", "w3"])] == ["w1"]
    assert growing(audited, at(60 * HOURS), []) == ()


NEXT = at(60 * HOURS + 15)
KURYR = "kuryr of kuryr.service"
LEAKY = census(OwnerCounts(owner=KURYR, orphans=55))


def test_what_an_audit_counts_is_the_newest_step_before_it_is_kept(audited: Engine) -> None:
    (leaks,) = growing_with(audited, {"w1": LEAKY}, NEXT)
    assert (leaks.host, leaks.value) == ("w1", 55)
    assert leaks.per_hour == pytest.approx(4, rel=0.1)
    keep_audit(audited, audit(60 * HOURS + 15, host("w1", counts=LEAKY)))
    assert growing(audited, NEXT, ["w1"]) == (leaks,)


@pytest.mark.parametrize("now", [census(), census(OwnerCounts(owner=KURYR, orphans=9))])
def test_a_leak_that_was_ended_is_not_told_any_more(audited: Engine, now: Census) -> None:
    assert growing_with(audited, {"w1": now}, NEXT) == ()


def test_a_limit_is_the_one_of_today(audited: Engine) -> None:
    raised = census(limits=(LimitUse(name="/app", used=161, limit=4000),))
    (fills,) = growing_with(audited, {"w2": raised}, NEXT)
    assert (fills.value, fills.limit) == (161, 4000)
    assert fills.hours_left == pytest.approx(768, rel=0.1)


def test_a_host_nobody_audited_before_and_another_count_have_no_trend(audited: Engine) -> None:
    assert growing_with(audited, {"w9": LEAKY}, NEXT) == ()
    assert growing_with(audited, {"w1": census(OwnerCounts(owner="other", orphans=900))}, NEXT) == ()


def test_a_zero_lasts_until_the_burst_that_ends_it(store: Engine) -> None:
    """It is one row with the time it began: the line from there to a burst days later is no growth."""
    for hour in range(24 * 9 + 1):
        zombies = {0: 3, 1: 0, 24 * 9: 200}.get(hour, 0)
        owner = (OwnerCounts(owner="cron", zombies=zombies),) if zombies else ()
        keep_audit(store, audit(60 * hour, host(counts=census(*owner))))
    assert growing(store, at(60 * 24 * 9)) == ()
    again = census(OwnerCounts(owner="cron", zombies=210))
    assert growing_with(store, {"w1": again}, at(60 * 24 * 9 + 15)) == ()


def test_a_limit_nobody_told_of_for_days_is_no_growth(store: Engine) -> None:
    """Below a tenth of it a limit is not told at all."""
    for hour in (0, 1, 2, *range(24 * 9, 24 * 9 + 2)):
        limits = (LimitUse(name="/app", used=100 + hour, limit=1000),)
        keep_audit(store, audit(60 * hour, host(counts=census(limits=limits))))
    assert growing(store, at(60 * (24 * 9 + 1))) == ()


def test_a_thousand_hosts_are_asked_for_at_once(audited: Engine) -> None:
    counted = {f"w{number}": LEAKY for number in range(1000)}
    assert [one.host for one in growing_with(audited, counted, NEXT)] == ["w1"]


@pytest.mark.parametrize("quiet_days", [3, 20])
def test_a_leak_after_a_long_quiet_time_is_told_as_early_as_after_a_short_one(store: Engine, quiet_days: int) -> None:
    """A zero lasts, however long ago it began: the host was seen all the time."""
    begun = quiet_days * 24
    for hour in (0, *range(1, begun, 12), *(begun + quarter / 4 for quarter in range(4 * 5))):
        leaked = 3 if hour == 0 else int(4 * max(0.0, hour - begun))
        owners = (OwnerCounts(owner=KURYR, orphans=leaked),) if leaked else ()
        keep_audit(store, audit(60 * hour, host("w1", counts=census(*owners))))
    (leaks,) = growing(store, at(60 * (begun + 5)))
    assert leaks.per_hour == pytest.approx(4, rel=0.2)
