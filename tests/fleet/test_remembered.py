"""An audit together with what earlier ones counted: which hosts it is told of, and by whose thresholds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nornir_hygiene.fleet.remembered import remembered
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.census import LimitUse, OwnerCounts
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.models.settings import Thresholds
from tests.history.stories import at, audit, census, host, silent

HOURS = 60
# A name no database takes as it is.
ODD = "w\0\udcff"


def counts(name: str, hour: float) -> HostReport:
    """Two days without, then four orphans and five process ids more each hour."""
    more = max(0.0, hour - 48)
    limits = (LimitUse(name="/app", used=100 + int(5 * more), limit=400),)
    return host(name, counts=census(OwnerCounts(owner="app of x.service", orphans=5 + int(4 * more)), limits=limits))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(tmp_path / "history.sqlite")
    for half in range(2 * HOURS):
        keep_audit(engine, audit(30 * half, counts("w1", half / 2), counts("w2", half / 2), counts(ODD, half / 2)))
    yield engine
    engine.dispose()


def kinds(store: Engine, *reports: HostReport, **limits: Thresholds) -> dict[str, list[str]]:
    told = remembered(reports, store, at(60 * HOURS), lambda name: limits.get(name, Thresholds()))
    return {one.host: [finding.kind for finding in one.findings] for one in told}


BOTH = ["orphan-leak", "pids-cgroup-saturated"]


def test_each_host_is_told_what_grows_there_and_in_the_same_order(store: Engine) -> None:
    reports = (counts("w2", HOURS), counts("w1", HOURS), counts(ODD, HOURS), host("w9"))
    assert list(kinds(store, *reports).items()) == [("w2", BOTH), ("w1", BOTH), (ODD, BOTH), ("w9", [])]


def test_each_host_has_its_own_thresholds(store: Engine) -> None:
    strict = Thresholds(orphan_min_count=1000, full_within_h=1)
    assert kinds(store, counts("w1", HOURS), counts("w2", HOURS), w1=strict) == {"w1": [], "w2": BOTH}


def test_who_was_not_seen_whole_keeps_what_it_has(store: Engine) -> None:
    half = counts("w1", HOURS).model_copy(update={"complete": False})
    assert kinds(store, half, silent("w2")) == {"w1": [], "w2": []}


def test_the_fingerprints_are_the_same_from_audit_to_audit(store: Engine) -> None:
    (first,) = remembered([counts("w1", HOURS)], store, at(60 * HOURS), lambda _: Thresholds())
    keep_audit(store, audit(60 * HOURS, first))
    (second,) = remembered([counts("w1", HOURS + 1)], store, at(60 * HOURS + 60), lambda _: Thresholds())
    assert [one.fingerprint for one in second.findings] == [one.fingerprint for one in first.findings]
    assert len(second.findings) == 2
