"""What an audit leaves in the history, on SQLite and PostgreSQL."""

import multiprocessing
import os
import signal
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from nornir_hygiene.errors import UsageError
from nornir_hygiene.history import audits as the_audits
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.queries import difference, findings_at, kept_audit, kept_audits
from nornir_hygiene.history.retention import forget
from nornir_hygiene.history.size import counted, stored_bytes
from nornir_hygiene.history.store import open_store
from nornir_hygiene.history.tables import gauges, levels
from nornir_hygiene.models.census import LimitUse, OwnerCounts
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.past import KeptFinding
from nornir_hygiene.models.run import AuditReport
from tests.history.stories import at, audit, census, finding, host, silent


def kept(store: Engine, *reports: AuditReport) -> None:
    for report in reports:
        assert keep_audit(store, report)


def there_at(store: Engine, minute: float) -> tuple[KeptFinding, ...]:
    return findings_at(store, kept_audit(store, f"run-{minute:09.2f}"))


def test_an_audit_is_kept_once_with_its_hosts(store: Engine) -> None:
    report = audit(0, host("w1", finding()), host("w2"), silent("w3"))
    assert keep_audit(store, report)
    assert not keep_audit(store, report)
    (found,) = kept_audits(store)
    assert (found.run_id, found.totals, found.selection) == (report.run_id, report.totals, "all hosts")
    assert counted(store)["outcomes"] == 3


def test_an_audit_of_no_host_is_one_as_well(store: Engine) -> None:
    kept(store, audit(0))
    assert [found.totals.selected for found in kept_audits(store)] == [0]


def test_a_finding_is_one_episode_from_its_first_to_its_last_audit(store: Engine) -> None:
    bad = finding(severity=Severity.CRITICAL)
    kept(store, audit(0, host()), audit(15, host("w1", finding())), audit(30, host("w1", bad)))
    kept(store, audit(45, host("w1", finding())), audit(60, host()))
    (found,) = there_at(store, 30)
    assert (found.begun_at, found.last_seen_at, found.ended_at) == (at(15), at(45), at(60))
    assert (found.times_seen, found.worst) == (3, Severity.CRITICAL)
    assert there_at(store, 0) == there_at(store, 60) == ()


def test_what_comes_back_is_another_episode_of_the_same_finding(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding())), audit(15, host()), audit(30, host("w1", finding())))
    assert [(one.begun_at, one.ended_at) for one in (*there_at(store, 0), *there_at(store, 30))] == [
        (at(0), at(15)),
        (at(30), None),
    ]
    assert (counted(store)["findings"], counted(store)["episodes"]) == (1, 2)


@pytest.mark.parametrize("second", [silent(), host(complete=False), host(gaps=("stack",))])
def test_who_saw_nothing_or_less_ends_no_episode(store: Engine, second: object) -> None:
    kept(store, audit(0, host("w1", finding(), gaps=("fds",))), audit(15, second))  # type: ignore[arg-type]
    assert [one.ended_at for one in there_at(store, 15)] == [None]
    kept(store, audit(30, host(gaps=("fds",))))
    assert there_at(store, 30) == ()


def test_an_audit_that_is_kept_late_changes_nothing_that_came_after(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding())), audit(30, host("w1", finding())), audit(60, host()))
    kept(store, audit(15, host("w1", finding(), finding(subject="rbd4"))), audit(45, host()))
    assert [(one.subject, one.times_seen, one.ended_at) for one in there_at(store, 15)] == [("device rbd3", 3, at(60))]
    assert there_at(store, 60) == ()


def test_two_hosts_with_the_same_trouble_are_two_findings(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding("w1")), host("w2", finding("w2"))), audit(15, host("w2")))
    assert [one.host for one in there_at(store, 0)] == ["w1", "w2"]
    assert [one.ended_at for one in there_at(store, 0)] == [None, at(15)]


def test_the_difference_of_two_audits_says_what_nobody_knows(store: Engine) -> None:
    earlier = audit(0, *(host(name, finding(name)) for name in ("gone", "still", "dumb")), host("new"), host("left"))
    later = audit(15, host("gone"), host("still", finding("still")), silent("dumb"), host("new", finding("new")))
    kept(store, earlier, later)
    found = difference(store, kept_audit(store, earlier.run_id), kept_audit(store, later.run_id))
    told = {name: [one.host for one in getattr(found, name)] for name in ("new", "gone", "still", "unknown")}
    assert told == {name: [name] for name in ("new", "gone", "still")} | {"unknown": ["dumb"]}


def test_what_became_worse_between_two_audits_is_told_and_not_as_still_there(store: Engine) -> None:
    bad = Severity.CRITICAL
    first = (
        host("worse", finding("worse")),
        host("again", finding("again")),
        host("bad", finding("bad", severity=bad)),
    )
    kept(store, audit(0, *first), audit(15, host("worse", finding("worse", severity=bad)), host("again"), *first[2:]))
    kept(store, audit(30, *(host(name, finding(name, severity=bad)) for name in ("worse", "again", "bad"))))
    audits = {minute: kept_audit(store, f"run-{minute:09.2f}") for minute in (0, 15, 30)}
    assert [one.host for one in difference(store, audits[0], audits[30]).worse] == ["again", "worse"]
    assert [one.host for one in difference(store, audits[0], audits[30]).still] == ["bad"]
    assert difference(store, audits[15], audits[30]).worse == ()


def test_what_came_in_between_on_a_host_that_is_silent_now_is_unknown(store: Engine) -> None:
    kept(store, audit(0, host("w1")), audit(15, host("w1", finding("w1"))), audit(30, silent("w1")))
    found = difference(store, kept_audit(store, "run-000000"), kept_audit(store, "run-000030"))
    assert ([one.host for one in found.unknown], found.new) == (["w1"], ())


def test_the_newest_audit_of_that_name_is_meant(store: Engine) -> None:
    kept(store, audit(0), audit(15))
    assert kept_audit(store, "run-").started_at == at(15)
    with pytest.raises(UsageError, match="there is no audit 'run%'"):
        kept_audit(store, "run%")


def values(store: Engine) -> list[tuple[str, int | None, float, float]]:
    """`(what, value, from minute, to minute)` of all gauges, in the order of time."""
    now = select(gauges.c.what, gauges.c.value, gauges.c.from_at, gauges.c.to_at)
    past = select(gauges.c.what, levels.c.value, levels.c.from_at, levels.c.to_at).join(levels)
    with store.connect() as connection:
        rows = [*connection.execute(past), *connection.execute(now)]
    told = [
        (what, value, (since - at(0)) / timedelta(minutes=1), (until - at(0)) / timedelta(minutes=1))
        for what, value, since, until in rows
    ]
    return sorted(told, key=lambda one: (one[0], one[2]))


def test_equal_counts_are_one_level_and_none_any_more_is_zero(store: Engine) -> None:
    for minute, zombies in ((0, 4), (15, 4), (30, 7), (45, 0), (60, 0), (75, 2)):
        owner = (OwnerCounts(owner="app of app.service", zombies=zombies),) if zombies else ()
        kept(store, audit(minute, host(counts=census(*owner))))
    assert values(store) == [("zombies", 4, 0, 15), ("zombies", 7, 30, 30), ("zombies", 0, 45, 45),
                             ("zombies", 2, 75, 75)]  # fmt: skip


def test_a_limit_that_is_not_told_any_more_has_no_known_use(store: Engine) -> None:
    for minute, used in ((0, 50), (15, None), (30, 60)):
        limits = (LimitUse(name="/app", used=used, limit=100),) if used else ()
        kept(store, audit(minute, host(counts=census(limits=limits))))
    assert values(store) == [("limit", 50, 0, 0), ("limit", 60, 30, 30)]


def test_half_a_count_and_one_that_comes_late_are_no_counts(store: Engine) -> None:
    owner = OwnerCounts(owner="app", orphans=3)
    kept(store, audit(0, host(counts=census(owner))), audit(30, host(counts=census(owner))))
    kept(store, audit(45, host(complete=False)), audit(50, silent()), audit(15, host()))
    assert values(store) == [("orphans", 3, 0, 30)]


HOSTILE = ["nul \0", "\udcff", "'; DROP TABLE audits; --", "%s %(x)s :x", "\u202e", "x" * 100_000]


def test_words_of_a_host_are_only_words(store: Engine) -> None:
    found = [finding("w1", subject) for subject in HOSTILE]
    owners = [OwnerCounts(owner=words, zombies=1) for words in HOSTILE]
    limits = tuple(LimitUse(name=words, used=1, limit=2) for words in HOSTILE)
    kept(store, audit(0, host("w1", *found, counts=census(*owners, limits=limits))), audit(15, host()))
    assert len(there_at(store, 0)) == len(HOSTILE)
    assert {one.ended_at for one in there_at(store, 0)} == {at(15)}
    assert counted(store)["gauges"] == 2 * len(HOSTILE)


def test_what_is_old_is_forgotten_and_what_reaches_into_today_is_not(store: Engine) -> None:
    old = (OwnerCounts(owner="old", zombies=1),)
    kept(store, audit(0, host("w1", finding("w1")), host("w2", finding("w2"), counts=census(*old)), host("left")))
    kept(store, audit(15, host("w1", finding("w1")), host("w2")), audit(60, host("w1", finding("w1")), host("w2")))
    gone = forget(store, at(45))
    assert (gone.audits, gone.episodes, gone.levels) == (2, 1, 1)
    assert [(one.host, one.begun_at) for one in there_at(store, 60)] == [("w1", at(0))]
    left = counted(store)
    assert (left["hosts"], left["findings"], left["gauges"], left["outcomes"]) == (2, 1, 0, 2)


def test_a_thousand_hosts_are_kept(store: Engine) -> None:
    names = [f"w{number}" for number in range(1000)]
    kept(store, audit(0, *(host(name, finding(name)) for name in names)), audit(15, *map(host, names)))
    assert len(there_at(store, 0)) == 1000
    assert stored_bytes(store) > 0


def _keep(minutes: tuple[int, ...]) -> None:
    store = open_store()
    for minute in minutes:
        keep_audit(store, audit(minute, *(host(f"w{number}", finding(f"w{number}")) for number in range(20))))
    store.dispose()


def test_two_that_write_at_once_lose_nothing(store: Engine) -> None:
    _keep((0,))  # the first of all: each of the others is after it, whoever comes first
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_keep, args=(tuple(range(start, 41, 2)),)) for start in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert counted(store)["audits"] == 41
    assert {one.times_seen for one in there_at(store, 40)} == {41}


def _die_before(step: str) -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(the_audits, step, die)
    keep_audit(open_store(), audit(15, host("w1", finding()), host("w2")))


@pytest.mark.parametrize("step", ["_known_hosts", "_keep_outcomes", "keep_episodes", "keep_levels", "_keep_newest"])
def test_killed_in_the_middle_nothing_of_it_is_there(store: Engine, step: str) -> None:
    kept(store, audit(0, host("w1", counts=census(OwnerCounts(owner="app", zombies=1)))))
    before = counted(store)
    writer = multiprocessing.get_context("spawn").Process(target=_die_before, args=(step,))
    writer.start()
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL
    assert counted(store) == before
    kept(store, audit(15, host("w1", finding()), host("w2")))


def test_an_audit_that_cannot_be_kept_whole_is_not_kept(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SQLAlchemyError("the disk is full")

    monkeypatch.setattr(the_audits, "keep_levels", fail)
    with pytest.raises(SQLAlchemyError):
        keep_audit(store, audit(0, host("w1", finding())))
    assert set(counted(store).values()) == {0}


def test_a_host_that_lies_about_its_limits_costs_nobody_his_history(store: Engine) -> None:
    lies = tuple(LimitUse(name=f"/{value}", used=value, limit=value) for value in (2**31, 10**19, 10**30))
    kept(store, audit(0, host("w1", counts=census(limits=lies)), host("w2", finding("w2"))))
    assert [one.host for one in there_at(store, 0)] == ["w2"]
    with store.connect() as connection:
        told = connection.execute(select(gauges.c.value, gauges.c.limit)).all()
    assert [tuple(row) for row in told] == [(2**31 - 1, 2**31 - 1)] * 3


def test_each_host_ends_and_counts_only_what_is_its_own(store: Engine) -> None:
    def owners(orphans: int) -> tuple[OwnerCounts, ...]:
        return (OwnerCounts(owner="sh of cron.service", orphans=orphans),)

    first = [host(name, finding(name), counts=census(*owners(5))) for name in ("w1", "w2", "w3")]
    later = [host("w1", counts=census(*owners(7))), host("w2", finding("w2"), counts=census(*owners(5)))]
    kept(store, audit(0, *first), audit(15, *later))
    assert [(one.host, one.ended_at) for one in there_at(store, 0)] == [("w1", at(15)), ("w2", None), ("w3", None)]
    with store.connect() as connection:
        told = connection.execute(select(gauges.c.host_id, gauges.c.value).order_by(gauges.c.host_id)).all()
        assert [value for _, value in told] == [7, 5, 5]
        assert connection.execute(select(levels.c.value)).scalars().all() == [5]


def test_hosts_are_told_in_one_order_whatever_the_database_finds_alphabetical(store: Engine) -> None:
    names = ["w-2", "W-1", "w1", "_w", "é", "w10"]
    kept(store, audit(0, *(host(name, finding(name)) for name in names)))
    assert [one.host for one in there_at(store, 0)] == sorted(names)


@pytest.mark.parametrize("beginning", ["RUN-", "run_", "r%", "\udcff", "run-000000.00-and-more"])
def test_what_no_run_id_begins_with_is_refused(store: Engine, beginning: str) -> None:
    kept(store, audit(0))
    with pytest.raises(UsageError, match="there is no audit"):
        kept_audit(store, beginning)
