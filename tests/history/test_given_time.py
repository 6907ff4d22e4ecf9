"""A time in the past, as people give it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.given_time import time_of
from tests.history.stories import at, audit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("24h", NOW - timedelta(days=1)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T06:30", datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ("2026-11-20 06:30+02:00", datetime(2026, 11, 20, 4, 30, tzinfo=UTC)),
        ("run-", at(15)),
        ("run-0000", at(15)),
        ("run-000000", at(0)),
    ],
)
def test_spans_times_and_audits_are_understood(store: Engine, when: str, moment: datetime) -> None:
    keep_audit(store, audit(0))
    keep_audit(store, audit(15))
    assert time_of(store, when, NOW) == moment


@pytest.mark.parametrize("when", ["yesterday", "7 days", "2026-13-01", "run%", "0001-01-01T00:00+14:00"])
def test_anything_else_is_refused_with_what_can_be_given(store: Engine, when: str) -> None:
    with pytest.raises(UsageError, match="is no audit of the history, no time and no span") as error:
        time_of(store, when, NOW)
    assert "15m, 24h, 7d" in error.value.hint


def test_a_time_that_is_not_yet_is_refused(store: Engine) -> None:
    with pytest.raises(UsageError, match="is not yet"):
        time_of(store, "2026-11-23", NOW)
