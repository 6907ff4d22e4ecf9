"""What is news to a receiver, and what is not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import Notice, OpenCause, OpenFinding, Receiver, Telling
from nornir_hygiene.models.past import KeptFinding
from nornir_hygiene.report.news import Changes, changes_for, digest_due, notice_of, open_causes

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday
LONG_AGO = NOW - timedelta(hours=2)
JUST_NOW = NOW - timedelta(minutes=2)


def receiver(**changed: object) -> Receiver:
    return Receiver.model_validate({"name": "ops", "url": {"env": "OPS"}, **changed})


def cause(name: str = "osd.1", hosts: int = 3, severity: Severity = Severity.WARNING) -> OpenCause:
    return OpenCause(
        name=name,
        headline=name,
        severity=severity,
        hosts=tuple(f"w{number}" for number in range(hosts)),
        kinds=("rbd-io-hang",),
        since=LONG_AGO,
    )


def notice(name: str = "osd.1", hosts: int = 3, at: datetime = LONG_AGO, **changed: object) -> Notice:
    fields = {"cause": name, "told_at": at, "severity": Severity.WARNING, "hosts": hosts, **changed}
    return Notice.model_validate(fields)


def changes(there: OpenCause | None, before: Notice | None, **wanted: object) -> Changes:
    causes = {there.name: there} if there else {}
    return changes_for(receiver(**wanted), causes, {before.cause: before} if before else {}, NOW)


def told(there: OpenCause | None, before: Notice | None, **wanted: object) -> list[Telling]:
    return [one.change for one in changes(there, before, **wanted).news]


def test_a_cause_nobody_was_told_of_is_new_and_so_is_one_that_was_over() -> None:
    assert told(cause(), None) == ["new"]
    assert told(cause(), notice(gone=True)) == ["new"]


def test_a_cause_that_stayed_as_it_was_is_no_news() -> None:
    assert told(cause(), notice()) == []
    assert told(cause(hosts=1), notice(hosts=3)) == []
    assert told(None, notice(gone=True)) == []
    assert told(cause(severity=Severity.WARNING), notice(severity=Severity.CRITICAL)) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(3, 5, []), (3, 6, ["worse"]), (1, 3, []), (1, 4, ["worse"]), (100, 199, []), (100, 200, ["worse"])],
)
def test_many_more_hosts_are_worse_and_a_few_are_not(before: int, now: int, expected: list[str]) -> None:
    assert told(cause(hosts=now), notice(hosts=before)) == expected


def test_more_severity_is_worse() -> None:
    assert told(cause(severity=Severity.CRITICAL), notice()) == ["worse"]


def test_within_the_interval_nothing_is_told_and_nothing_noted() -> None:
    for there, before in (
        (None, notice(at=JUST_NOW)),
        (cause(hosts=300), notice(at=JUST_NOW)),
        (cause(), notice(at=JUST_NOW, gone=True)),
    ):
        assert changes(there, before) == Changes((), ())
        assert changes(there, before, at_most_every="1m").news


def test_what_a_receiver_does_not_want_is_noted_so_that_the_rest_stays_true() -> None:
    only_gone = changes(cause(), None, tell=["gone"])
    assert only_gone.news == ()
    assert told(None, only_gone.noted[0], tell=["gone"]) == ["gone"]
    only_new = changes(None, notice(), tell=["new"])
    assert only_new.news == ()
    assert told(cause(), only_new.noted[0], tell=["new"]) == ["new"]
    assert changes(cause(hosts=300), notice(), tell=["new"]) == Changes((), ())


def test_that_suppressed_findings_are_gone_is_not_told() -> None:
    found = changes_for(receiver(), {}, {"osd.1": notice()}, NOW, {"osd.1"})
    assert (found.news, [one.gone for one in found.noted]) == ((), [True])


def test_new_stands_before_worse_before_gone_and_the_worst_first() -> None:
    causes = {
        one.name: one for one in (cause("a"), cause("b", severity=Severity.CRITICAL), cause("c", 50), cause("d", 9))
    }
    before = {one.cause: one for one in (notice("d"), notice("e"))}
    news = changes_for(receiver(), causes, before, NOW).news
    assert [(one.change, one.name) for one in news] == [
        ("new", "b"),
        ("new", "c"),
        ("new", "a"),
        ("worse", "d"),
        ("gone", "e"),
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, OpenCause | None]]:
    """Minutes that passed, and what there is then."""
    there = st.none() | st.builds(cause, hosts=st.integers(1, 20), severity=st.sampled_from(Severity))
    return draw(st.lists(st.tuples(st.integers(1, 90), there), max_size=30))


@given(histories())
def test_whatever_happens_a_cause_is_told_at_most_once_in_an_interval_and_the_end_is_true(
    story: list[tuple[int, OpenCause | None]],
) -> None:
    now, known, times = NOW, dict[str, Notice](), list[datetime]()
    for minutes, there in [*story, (61, story[-1][1] if story else None)]:
        now += timedelta(minutes=minutes)
        found = changes_for(receiver(), {"osd.1": there} if there else {}, known, now)
        known |= {one.cause: one for one in found.noted}
        known |= {one.name: notice_of(one, now) for one in found.news}
        times += [now] * len(found.news)
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(times))
    last = story[-1][1] if story else None
    believed = known.get("osd.1")
    assert (last is not None) == (believed is not None and not believed.gone)


def kept(host: str, subject: str = "device rbd3", worst: Severity = Severity.WARNING) -> OpenFinding:
    one = KeptFinding(
        host=host,
        kind="rbd-io-hang",
        subject=subject,
        container="",
        summary="it hangs",
        fingerprint=f"{host}{subject}"[:16],
        worst=worst,
        begun_at=LONG_AGO,
        last_seen_at=NOW,
        ended_at=None,
        times_seen=3,
    )
    return OpenFinding(kept=one)


def test_a_cause_is_as_severe_as_the_worst_of_its_findings() -> None:
    found = open_causes([kept("w1"), kept("w1", "device rbd4", Severity.CRITICAL)], Severity.CRITICAL)
    assert [(one.name, one.severity) for one in found.values()] == [("w1: rbd-io-hang device rbd4", Severity.CRITICAL)]
    assert len(open_causes([kept("w1"), kept("w2")], Severity.INFO)) == 2


@given(st.text(), st.text())
def test_any_name_is_one_line_of_bounded_length(host: str, subject: str) -> None:
    for name in open_causes([kept(host, subject)], Severity.INFO):
        assert len(name) <= 300
        assert name.isprintable() or not name.isascii()
        assert len(name.splitlines()) <= 1


@pytest.mark.parametrize(
    ("every", "told_at", "expected"),
    [
        ("none", None, False),
        ("daily", None, True),
        ("daily", datetime(2026, 11, 18, 7, 0, tzinfo=UTC), False),
        ("daily", datetime(2026, 11, 18, 6, 59, tzinfo=UTC), True),
        ("weekly", datetime(2026, 11, 16, 7, 0, tzinfo=UTC), False),
        ("weekly", datetime(2026, 11, 16, 6, 0, tzinfo=UTC), True),
    ],
)
def test_a_digest_is_due_when_its_hour_has_come(every: str, told_at: datetime | None, *, expected: bool) -> None:
    assert digest_due(receiver(digest=every), told_at, NOW) is expected


def test_before_its_hour_yesterdays_digest_counts() -> None:
    early = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
    assert not digest_due(receiver(digest="daily"), datetime(2026, 11, 17, 7, 1, tzinfo=UTC), early)
    assert digest_due(receiver(digest="daily"), datetime(2026, 11, 17, 6, 0, tzinfo=UTC), early)
