"""The metrics, read by both official parsers; few series, and documented."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import parser as textfile_parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Coverage, HygieneReport, Missed, RunbookUse
from nornir_hygiene.models.run import Totals
from nornir_hygiene.report.openmetrics import GAUGES, render
from tests.report import hygiene_samples as samples

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read_openmetrics(text: str) -> list[Metric]:
    return list(openmetrics_parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


def read_textfile(text: str) -> list[Metric]:
    return list(textfile_parser.text_string_to_metric_families(text))


def series(families: Iterable[Metric]) -> Series:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in families
        for one in family.samples
        if family.type == "gauge"
    }


def value(report: HygieneReport, name: str, **labels: str) -> float | None:
    return series(read_openmetrics(render(report))).get((name, frozenset(labels.items())))


EVERY = pytest.mark.parametrize(
    "report",
    [samples.empty(), samples.small(), samples.rich(), samples.large(), samples.hostile()],
    ids=["empty", "small", "rich", "large", "hostile"],
)


@EVERY
def test_both_official_parsers_read_the_same(report: HygieneReport) -> None:
    text = render(report)
    read = series(read_openmetrics(text))
    assert read == series(read_textfile(text))
    assert {name for name, _ in read} <= {gauge.name for gauge in GAUGES}
    assert len(read) == sum(not line.startswith("#") for line in text.splitlines())


@EVERY
def test_there_are_few_series_however_large_the_fleet(report: HygieneReport) -> None:
    assert len(series(read_openmetrics(render(report)))) < 80


def test_a_thousand_hosts_have_as_many_series_as_ten() -> None:
    ten, thousand = (series(read_openmetrics(render(samples.large(hosts, 10)))) for hosts in (10, 1000))
    assert ten.keys() == thousand.keys()


def test_the_figures_are_those_of_the_report() -> None:
    known = samples.rich()
    hung = samples.finding("w1")
    report = samples.report(
        (samples.host("w1", zombies=3, orphans=2, blocked=5, outcome="with_findings"), samples.silent("w2")),
        findings=(
            samples.reported(hung, "new"),
            samples.reported(samples.finding("w1", subject="device rbd4"), "gone"),
            samples.reported(samples.finding("w1", subject="device rbd5"), suppressed=suppressed(known)),
        ),
        coverage=Coverage(
            totals=Totals(selected=2, clean=0, with_findings=1, not_observed=1, incomplete=0),
            reasons=(("deadline", 1),),
            never=("w3",),
            audits=4,
            last_at=samples.before(minutes=5),
            missed=tuple(missed(runs) for runs in (2, 3)),
        ),
        headroom=(samples.headroom("w1", 1024), samples.headroom("w2", 3072)),
        runbooks=(RunbookUse(runbook="a", runs=3, repaired=2, failed=1), RunbookUse(runbook="b", runs=1, repaired=1)),
    )
    assert value(report, "nr_hosts", outcome="with_findings") == 1
    assert value(report, "nr_hosts", outcome="clean") == 0
    assert value(report, "nr_hosts_not_observed", reason="deadline") == 1
    assert value(report, "nr_hosts_never_audited") == 1
    assert value(report, "nr_open_findings", severity="critical") == 1
    assert value(report, "nr_open_findings", severity="warning") == 0
    assert value(report, "nr_open_findings_by_kind", kind="rbd-io-hang", severity="critical") == 1
    assert value(report, "nr_findings", change="gone") == 1
    assert value(report, "nr_suppressed_findings") == 1
    assert (value(report, "nr_zombies"), value(report, "nr_orphans"), value(report, "nr_blocked_tasks")) == (3, 2, 5)
    assert value(report, "nr_newest_audit_age_seconds") == 300
    assert value(report, "nr_newest_audit_timestamp_seconds") == samples.before(minutes=5).timestamp()
    assert value(report, "nr_least_headroom_ratio") == 0.25
    assert value(report, "nr_runbook_targets", end="repaired") == 3
    assert value(report, "nr_missed_runs", schedule="daily") == 5


def suppressed(report: HygieneReport) -> object:
    return next(one.suppressed for one in report.findings if one.suppressed)


def missed(runs: int) -> Missed:
    return Missed(schedule="daily", from_at=samples.before(hours=9), to_at=samples.before(hours=1), runs=runs)


def test_what_nobody_knows_has_no_series() -> None:
    text = render(samples.empty())
    assert "# TYPE nr_newest_audit_age_seconds gauge" in text
    assert value(samples.empty(), "nr_newest_audit_age_seconds") is None
    assert value(samples.empty(), "nr_least_headroom_ratio") is None
    assert all(value(samples.empty(), "nr_open_findings", severity=one.value) == 0 for one in Severity)


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=5), st.text(max_size=60))
def test_no_text_breaks_the_format(names: list[str], kind: str) -> None:
    """Names that become the same one when they are shown are added up."""
    report = samples.report(
        (samples.host("w1"),),
        findings=(samples.reported(samples.finding("w1", kind=kind)),),
        coverage=samples.coverage((), reasons=tuple((name, 1) for name in names)),
    )
    text = render(report)
    read = series(read_openmetrics(text))
    assert read == series(read_textfile(text))
    assert sum(count for (name, _), count in read.items() if name == "nr_hosts_not_observed") == len(names)


def test_every_metric_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `(nr_\w+)` \| (.*?) \| (.*?) \|$", DOCS.read_text(), re.MULTILINE)
    wanted = [
        (gauge.name, ", ".join(f"`{label}`" for label in gauge.labels) or "none", gauge.means) for gauge in GAUGES
    ]
    assert rows == wanted


def test_names_follow_the_rules_of_prometheus() -> None:
    assert len({gauge.name for gauge in GAUGES}) == len(GAUGES)
    for gauge in GAUGES:
        assert re.fullmatch(r"nr_[a-z_]+[a-z]", gauge.name)
        assert not gauge.name.endswith(("_total", "_count", "_sum", "_bucket", "_info"))
        assert not {"host", "subject", "fingerprint", "pid"} & set(gauge.labels)
