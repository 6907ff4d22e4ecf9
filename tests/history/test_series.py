"""Which counts of a fleet grow, told from its audits, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.series import growing
from nornir_hygiene.models.census import LimitUse, OwnerCounts
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
