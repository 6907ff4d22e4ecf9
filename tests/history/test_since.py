"""What a span of time changed, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.since import findings_between, since_then
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.run import AuditReport
from tests.history.stories import at, audit, finding, host, silent

CRITICAL = Severity.CRITICAL


def kept(store: Engine, *reports: AuditReport) -> None:
    for report in reports:
        assert keep_audit(store, report)


def told(store: Engine, since: float, until: float, *names: str) -> dict[str, str]:
    """`{host: change}`; each host of these stories has one finding."""
    found = findings_between(store, at(since), at(until), names or None)
    return {one.kept.host: one.change for one in found}


@pytest.fixture
def audited(store: Engine) -> Engine:
    """Each host is called by what became of its finding between minutes 20 and 60."""
    names = ["still", "worse", "gone"]
    kept(store, audit(0, host("new"), host("passed"), host("well"), *(host(name, finding(name)) for name in names)))
    kept(
        store,
        audit(
            30,
            host("still", finding("still")),
            host("worse", finding("worse", severity=CRITICAL)),
            host("gone"),
            host("new", finding("new")),
            host("passed", finding("passed")),
            host("well"),
        ),
    )
    bad = finding("worse", severity=CRITICAL)
    last = (host("still", finding("still")), host("worse", bad), host("new", finding("new")))
    kept(store, audit(60, *last, host("gone"), host("passed"), host("well")))
    return store


def test_new_worse_still_and_gone_are_told_apart_and_who_is_well_is_not_told(audited: Engine) -> None:
    assert told(audited, 20, 60) == {"gone": "gone", "new": "new", "passed": "gone", "still": "still", "worse": "worse"}


def test_it_depends_on_the_span(audited: Engine) -> None:
    assert told(audited, 30, 60) == {"new": "still", "still": "still", "worse": "still", "passed": "gone"}
    assert told(audited, 0, 20) == {"still": "still", "worse": "still", "gone": "still"}
    assert told(audited, 60, 61) == {"new": "still", "still": "still", "worse": "still"}


def test_only_the_hosts_asked_for_are_told(audited: Engine) -> None:
    assert told(audited, 20, 60, "new", "well", "nobody") == {"new": "new"}
    assert findings_between(audited, at(20), at(60), ()) == ()


def test_the_newest_severity_is_told_beside_the_worst(audited: Engine) -> None:
    kept(audited, audit(90, host("worse", finding("worse"))))
    (found,) = findings_between(audited, at(20), at(90), ["worse"])
    assert (found.change, found.severity, found.kept.worst) == ("still", Severity.WARNING, CRITICAL)


def test_what_was_away_meanwhile_is_still_there_or_worse(store: Engine) -> None:
    there = (host("w1", finding("w1")), host("w2", finding("w2")))
    kept(store, audit(0, *there), audit(30, host("w1"), host("w2")))
    kept(store, audit(45, host("w1", finding("w1")), host("w2", finding("w2", severity=CRITICAL))))
    assert told(store, 20, 60) == {"w1": "still", "w2": "worse"}
    assert told(store, 31, 60) == {"w1": "new", "w2": "new"}


def test_who_was_not_observed_has_what_it_had(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding("w1"))), audit(30, silent("w1")))
    assert told(store, 20, 60) == {"w1": "still"}


def test_since_then_has_each_in_its_place(audited: Engine) -> None:
    found = since_then(audited, at(20), at(60))
    places = {name: [one.host for one in getattr(found, name)] for name in ("new", "worse", "gone", "still", "unknown")}
    assert places == {"new": ["new"], "worse": ["worse"], "gone": ["gone", "passed"], "still": ["still"], "unknown": []}


def test_since_then_of_a_host_that_is_silent_now_nobody_knows(audited: Engine) -> None:
    kept(audited, audit(90, silent("still"), silent("new"), silent("gone"), silent("well")))
    found = since_then(audited, at(20), at(100))
    assert [one.host for one in found.unknown] == ["new", "still"]
    assert ([one.host for one in found.gone], found.new, found.still) == (["gone", "passed"], (), ())


def test_a_thousand_hosts_are_told_once_each(store: Engine) -> None:
    names = [f"w{number:04}" for number in range(1000)]
    kept(store, audit(0, *(host(name, finding(name)) for name in names)))
    assert [one.kept.host for one in findings_between(store, at(0), at(5), names)] == names


def test_an_empty_history_has_nothing_to_tell(store: Engine) -> None:
    assert findings_between(store, at(0), at(60)) == ()
