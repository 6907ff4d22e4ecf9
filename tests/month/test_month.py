"""The stories of a month: each true one is told, early; the noisy ones are told nothing. Figures are printed."""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from nornir_hygiene.fleet.hygiene import Span, hygiene_report
from nornir_hygiene.fleet.remembered import remembered
from nornir_hygiene.fleet.scope import Scope
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.returns import returns
from nornir_hygiene.history.size import counted, stored_bytes
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report import html
from tests.month.fleet import Plot, audits
from tests.month.stories import BEGUN, EVERY, FILLING, LEAK, NIGHTLY

SMALL = Plot(hosts=23, days=4.2, leak_from_h=26, filling_from_h=26)
WHOLE = Plot(hosts=200, days=31, leak_from_h=240, filling_from_h=408)
HOUR = timedelta(hours=1)


class Told(NamedTuple):
    """A finding above `info`, and when an audit told it."""

    at: datetime
    finding: Finding


class Kept(NamedTuple):
    """The history after the last audit, and what the audits told, by host."""

    store: Engine
    plot: Plot
    told: dict[str, list[Told]]

    @property
    def until(self) -> datetime:
        return BEGUN + timedelta(days=self.plot.days)


def lived(plot: Plot, folder: Path) -> Kept:
    """Each audit as `nr run audit` keeps it: the history is asked first, then it is written."""
    store = open_store(folder / "history.sqlite")
    told = defaultdict[str, list[Told]](list)
    begun, number = time.monotonic(), int(timedelta(days=plot.days) / EVERY)
    for report in audits(plot):
        at = report.started_at
        hosts = remembered(report.hosts, store, at, lambda _: Thresholds())
        assert keep_audit(store, report.model_copy(update={"hosts": hosts}))
        for host in hosts:
            told[host.host] += [Told(at, one) for one in host.findings if one.severity is not Severity.INFO]
    size, each = stored_bytes(store), (time.monotonic() - begun) / number
    print(f"\n{number} audits of {plot.hosts} hosts, {each:.3f} s each with the making; {size} bytes,")
    print(f"{size / number / plot.hosts:.0f} a host and audit; rows: {counted(store)}")
    return Kept(store, plot, told)


@pytest.fixture(
    scope="module", params=[pytest.param(SMALL, id="small"), pytest.param(WHOLE, id="whole", marks=pytest.mark.long)]
)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    history = lived(request.param, tmp_path_factory.mktemp("month"))
    yield history
    history.store.dispose()


def test_the_leak_is_told_within_three_hours_and_until_it_ends(kept: Kept) -> None:
    told = kept.told[LEAK]
    begins = BEGUN + kept.plot.leak_from_h * HOUR
    assert {one.finding.kind for one in told} == {"orphan-leak"}
    print(f"the leak of 4 an hour: told after {told[0].at - begins}")
    assert begins < told[0].at <= begins + 3 * HOUR
    assert "about 4 more every hour" in told[0].finding.summary
    assert len(told) >= 4 * 68
    assert told[-1].at < begins + 73 * HOUR


def test_the_filling_is_told_days_before_it_is_full(kept: Kept) -> None:
    told = kept.told[FILLING]
    begins = BEGUN + kept.plot.filling_from_h * HOUR
    assert {one.finding.kind for one in told} == {"pids-cgroup-saturated"}
    print(f"the pids limit: told after {told[0].at - begins}: {told[0].finding.summary}")
    assert begins < told[0].at <= begins + 8 * HOUR


def test_the_nights_are_told_each_as_they_come_and_go(kept: Kept) -> None:
    told = kept.told[NIGHTLY]
    assert {one.finding.kind for one in told} == {"zombie-parent-not-waiting"}
    assert {one.at.hour for one in told} == {2}
    assert len({one.at.date() for one in told}) == ceil(kept.plot.days)
    (back,) = [
        back
        for print_, back in returns(kept.store, BEGUN, kept.until, {NIGHTLY}).items()
        if print_ == told[0].finding.fingerprint
    ]
    assert (back.times_back, back.flapping) == (ceil(kept.plot.days) - 1, True)


def test_the_report_of_the_time_has_them_all_and_fits_a_mail(kept: Kept) -> None:
    begun = time.monotonic()
    report = hygiene_report(kept.store, Span(BEGUN - HOUR, kept.until), Scope(words="all hosts"))
    page = html.render(report)
    print(f"the report: {time.monotonic() - begun:.1f} s, {len(page.encode())} bytes")
    told = {one.kept.host: one for one in report.findings if one.severity is not Severity.INFO}
    assert set(told) == {LEAK, FILLING, NIGHTLY}
    assert told[NIGHTLY].flapping
    assert report.coverage.totals.selected == kept.plot.hosts
    assert len(page.encode()) < 2_000_000


def test_who_is_only_noisy_is_told_nothing(kept: Kept) -> None:
    assert {host for host, told in kept.told.items() if told} == {LEAK, FILLING, NIGHTLY}
