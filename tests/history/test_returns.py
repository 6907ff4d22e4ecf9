"""What comes again, and after which repair, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine, update

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.returns import Return, returns
from nornir_hygiene.history.tables import journal_table
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.plan import Plan, Target, TargetEnd, TargetResult
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.record import runs
from tests.history.stories import at, audit, finding, host

ILL = finding("w1")
OTHER = finding("w1", "rbd4")


def told(store: Engine, story: str, *, every: float = 15) -> None:
    """One audit per letter: `x` the finding is there, `.` it is not."""
    for number, letter in enumerate(story):
        keep_audit(store, audit(number * every, host("w1", *((ILL,) if letter == "x" else ()))))


def back(store: Engine, since: float = 0, until: float = 10_000, *names: str) -> Return | None:
    found = returns(store, at(since), at(until), names or None)
    assert set(found) <= {ILL.fingerprint}
    return found.get(ILL.fingerprint)


@pytest.mark.parametrize(
    ("story", "times"),
    [("", 0), (".....", 0), ("xxxxx", 0), ("..xx..", 0), ("x.x", 1), ("xx..xx..", 1), ("x.x.x", 2), ("x.x.x.x", 3)],
)
def test_it_comes_back_as_often_as_it_had_gone(store: Engine, story: str, times: int) -> None:
    told(store, story)
    found = back(store)
    assert (found.times_back if found else 0) == times
    assert (found is not None and found.flapping) == (times >= 3)


def test_only_returns_within_the_span_count(store: Engine) -> None:
    told(store, "x.x.x.x")
    assert back(store, 20, 60) == Return(2)
    assert back(store, 31, 59) is None
    assert back(store, 90, 200) is None


def test_only_the_hosts_asked_for_count(store: Engine) -> None:
    told(store, "x.x")
    assert back(store, 0, 99, "w1", "w2") == Return(1)
    assert back(store, 0, 99, "w2") is None


def test_audits_that_are_kept_late_make_nothing_flap(store: Engine) -> None:
    keep_audit(store, audit(500, host("w1")))
    told(store, "xxxxxx")
    assert back(store) is None


def a_run(
    store: Engine,
    begun: float,
    ended: float,
    *about: Finding,
    end: TargetEnd = "repaired",
    cause: str = "",
    runbook: str = "restart-owner",
) -> None:
    """A run of a runbook as `nr apply` writes it down, at these minutes."""
    target = Target(
        host="w1",
        about="it",
        kinds=(ILL.kind,),
        sufferers=("w1",),
        fingerprints=tuple(one.fingerprint for one in about),
        cause=cause,
    )
    plan = Plan(
        plan_id="p",
        made_at=at(begun),
        expires_at=at(begun + 15),
        runbook=runbook,
        runbook_digest="",
        risk=Risk.SAFE,
        from_run="r",
        inventory="",
        selection="",
        targets=(target,),
    )
    result = TargetResult(target=target.about, host="w1", end=end)
    journal, run_id = Journal(store, "anna"), f"apply-{begun:07.1f}"
    journal.append(run_id, "run-started", plan=plan.model_dump(mode="json"), approved=None)
    journal.append(run_id, "target-ended", target=target.key, host="w1", result=result.model_dump(mode="json"))
    assert [one.runbook for one in runs(journal.entries(run_id))] == [runbook]
    for event, minute in (("run-started", begun), ("target-ended", ended)):
        which = (journal_table.c.run_id == run_id, journal_table.c.event == event)
        with store.begin() as connection:
            connection.execute(update(journal_table).where(*which).values(at=at(minute)))


def test_what_comes_back_after_a_repair_names_its_runbook(store: Engine) -> None:
    told(store, "xx.x")
    a_run(store, 20, 25, OTHER, ILL, cause="an OSD")
    assert back(store) == Return(1, "restart-owner")


@pytest.mark.parametrize("end", ["healed", "refused", "failed", "not-helped", "left-alone", "waiting"])
def test_a_run_that_repaired_nothing_is_not_named(store: Engine, end: TargetEnd) -> None:
    told(store, "xx.x")
    a_run(store, 20, 25, ILL, end=end)
    assert back(store) == Return(1)


@pytest.mark.parametrize(("begun", "ended"), [(31, 35), (50, 55)])
def test_a_repair_after_it_had_gone_is_not_what_ended_it(store: Engine, begun: float, ended: float) -> None:
    told(store, "x..x")
    a_run(store, begun, ended, ILL)
    assert back(store) == Return(1)


def test_the_repair_of_another_finding_is_not_named(store: Engine) -> None:
    told(store, "xx.x")
    a_run(store, 20, 25, OTHER)
    assert back(store) == Return(1)


def test_what_is_back_before_an_audit_missed_it_is_a_return_as_well(store: Engine) -> None:
    told(store, "xxxx")
    a_run(store, 20, 25, ILL)
    assert back(store) == Return(1, "restart-owner")
    assert back(store, 0, 24) is None


def test_the_last_repair_that_did_not_last_is_named(store: Engine) -> None:
    told(store, "x.x.x.x")
    a_run(store, 5, 10, ILL, runbook="reap-zombies")
    a_run(store, 35, 40, ILL)
    assert back(store) == Return(3, "restart-owner")


def test_a_repair_that_lasts_is_no_return(store: Engine) -> None:
    told(store, "xx...")
    a_run(store, 20, 25, ILL)
    assert back(store) is None
