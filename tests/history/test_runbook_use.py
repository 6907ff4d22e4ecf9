"""How runbooks did, told from the journal, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import Engine

from nornir_hygiene.history.runbook_use import runbook_uses
from nornir_hygiene.models.hygiene import RunbookUse
from nornir_hygiene.models.plan import TargetEnd
from tests.history.journal_stories import run_of
from tests.history.stories import at, finding

ILL, SICK, BAD = finding("w1"), finding("w2"), finding("w3")


def uses(store: Engine, since: float = 0, until: float = 1000, *names: str, **back: int) -> tuple[RunbookUse, ...]:
    with store.connect() as connection:
        return runbook_uses(connection, at(since), at(until), back, names or None)


def test_each_target_counts_once_and_the_sums_are_whole(store: Engine) -> None:
    run_of(store, 10, {ILL: "repaired", SICK: "refused", BAD: None})
    run_of(store, 20, {ILL: "failed"})
    run_of(store, 30, {BAD: "not-helped"}, runbook="thaw")
    assert uses(store) == (
        RunbookUse(runbook="restart-owner", runs=2, repaired=1, failed=1, refused=1, other=1),
        RunbookUse(runbook="thaw", runs=1, failed=1),
    )


@pytest.mark.parametrize("end", ["healed", "left-alone", "waiting"])
def test_what_says_nothing_about_a_runbook_is_told_apart(store: Engine, end: TargetEnd) -> None:
    run_of(store, 10, {ILL: end})
    assert uses(store) == (RunbookUse(runbook="restart-owner", runs=1, other=1),)


def test_only_runs_of_the_span_and_targets_of_the_hosts_count(store: Engine) -> None:
    run_of(store, 10, {ILL: "repaired", SICK: "failed"})
    run_of(store, 20, {SICK: "repaired"})
    assert [(one.runs, one.repaired, one.failed) for one in uses(store, 15)] == [(1, 1, 0)]
    assert [(one.runs, one.repaired, one.failed) for one in uses(store, 0, 1000, "w1")] == [(1, 1, 0)]
    assert uses(store, 0, 1000, "w9") == ()
    assert uses(store, 25) == ()


def test_what_came_back_is_told_also_of_a_repair_before_the_span(store: Engine) -> None:
    run_of(store, 10, {ILL: "repaired"})
    assert uses(store, 20, 1000, **{"restart-owner": 2}) == (RunbookUse(runbook="restart-owner", runs=0, came_back=2),)
