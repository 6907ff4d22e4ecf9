"""Which findings an entry hides, until when, and what it leaves as it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.diagnose.suppression import applied, expired, suppressed_by, what
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.suppression import Suppression
from tests.report.samples import absent, cannot_fork, clean, finding, report, sick

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KNOWN = {"host": "worker-1", "groups": ("workers", "all"), "kind": "rbd-io-hang", "subject": "device rbd3"}


def entry(**changed: Any) -> Suppression:
    fields = {
        "kind": "rbd-io-hang", "host": "worker-*", "reason": "new disks", "owner": "storage", "expires": "2026-12-31",
        "where": "suppressions.yaml:2",
    }  # fmt: skip
    return Suppression(**{key: value for key, value in {**fields, **changed}.items() if value is not None})


def hides(one: Suppression, now: datetime = NOW, **changed: Any) -> bool:
    return suppressed_by([one], **{**KNOWN, **changed}, now=now) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"host": "*"},
        {"host": "worker-[12]"},
        {"host": None, "group": "workers"},
        {"group": "all"},
        {"subject": "device rbd*"},
        {"kind": ["stopped", "rbd-io-hang"]},
    ],
)
def test_an_entry_hides_what_it_names(changed: dict[str, Any]) -> None:
    assert hides(entry(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "io-hang"},
        {"kind": ["io-hang", "rbd-io-han"]},
        {"host": "worker"},
        {"host": "Worker-1"},
        {"host": None, "group": "work*"},
        {"host": "ceph-*", "group": "workers"},
        {"group": "ceph"},
        {"subject": "rbd3"},
        {"subject": "device nbd*"},
    ],
)
def test_an_entry_spares_whatever_differs_in_one_point(changed: dict[str, Any]) -> None:
    assert not hides(entry(**changed))


def test_a_bare_day_is_good_until_it_ends_in_utc() -> None:
    day = entry(expires="2026-12-31")
    end = datetime(2027, 1, 1, tzinfo=UTC)
    assert hides(day, end - timedelta(microseconds=1))
    assert not hides(day, end)


def test_a_time_is_good_in_its_own_zone() -> None:
    one = entry(expires="2026-12-31T12:00:00+02:00")
    assert hides(one, datetime(2026, 12, 31, 10, 0, tzinfo=UTC))
    assert not hides(one, datetime(2026, 12, 31, 10, 0, 1, tzinfo=UTC))


@given(expires=st.datetimes(timezones=st.just(UTC)), now=st.datetimes(timezones=st.just(UTC)))
def test_every_entry_is_either_good_or_expired(expires: datetime, now: datetime) -> None:
    one = entry(expires=expires)
    assert hides(one, now) != bool(expired([one], now))


@given(st.lists(st.dates(min_value=NOW.date()), min_size=1, max_size=6))
def test_of_several_the_one_that_lasts_longest_counts(days: list[Any]) -> None:
    entries = [entry(expires=str(day), reason=str(day)) for day in days]
    by = suppressed_by(entries, **KNOWN, now=NOW)  # type: ignore[arg-type]
    assert by is not None
    assert by.reason == str(max(days))


def test_an_expired_entry_is_told_whole() -> None:
    (told,) = expired([entry(expires="2026-11-20", group="workers", subject="device *"), entry()], NOW)
    assert told.what == "rbd-io-hang on worker-* in group workers, device *"
    assert (told.reason, told.owner, told.where) == ("new disks", "storage", "suppressions.yaml:2")


def test_what_it_hides_is_said_in_short() -> None:
    assert what(entry()) == "rbd-io-hang on worker-*"
    assert what(entry(kind=["stopped", "traced"], host=None, group="dev")) == "stopped, traced on group dev"


def test_findings_stay_where_they_are_and_are_counted() -> None:
    before = report(sick("worker-1"), sick("ceph-1"), clean(), absent())
    after = applied([entry()], before, {}, NOW)
    marked = {host.host: [each.suppressed is not None for each in host.findings] for host in after.hosts}
    assert marked == {"worker-1": [True], "ceph-1": [False], "calm-1": [], "gone-1": []}
    assert (after.suppressed, after.totals) == (1, before.totals)


def test_a_host_that_was_not_observed_keeps_its_suspicion() -> None:
    before = report(cannot_fork("worker-1"))
    after = applied([entry(kind=["rbd-io-hang", "cannot-fork"], host="*")], before, {}, NOW)
    assert (after.hosts, after.suppressed) == (before.hosts, 0)


def test_a_mark_of_before_goes_with_its_entry() -> None:
    marked = applied([entry()], report(sick()), {}, NOW)
    assert marked.suppressed == 1
    assert applied([], marked, {}, NOW) == report(sick())
    assert applied([entry(expires="2026-11-20")], marked, {}, NOW).suppressed == 0


@given(
    st.lists(st.tuples(st.sampled_from(["worker-1", "ceph-1"]), st.sampled_from(Severity)), max_size=5),
    st.lists(st.sampled_from(["*", "worker-*", "ceph-1", "nobody"]), max_size=4),
)
def test_nothing_but_the_mark_is_changed(found: list[tuple[str, Severity]], hosts: list[str]) -> None:
    before = report(*(sick(f"{host}-{n}", severity) for n, (host, severity) in enumerate(found)))
    entries = [entry(host=host) for host in hosts]
    after = applied(entries, before, {}, NOW)
    assert after.suppressed == sum(1 for host in after.hosts for each in host.findings if each.suppressed)
    assert applied([], after, {}, NOW) == before
    assert applied(entries, after, {}, NOW) == after


def test_a_finding_keeps_its_fingerprint() -> None:
    (host,) = applied([entry()], report(sick()), {}, NOW).hosts
    assert host.findings[0].fingerprint == finding().fingerprint
