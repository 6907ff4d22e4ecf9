"""HygieneReport -> OpenMetrics, as Prometheus reads it and as node_exporter's textfile collector does.

Only gauges: what a report counts goes down again, and the older text format knows those the same way. No label names a
host or a subject, so a large fleet has as many series as a small one. Names are for good: docs/metrics.md lists them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import Change, HygieneReport, ReportedFinding
from nornir_hygiene.report.safe import safe

Sample = tuple[tuple[str, ...], float]
_OUTCOMES = ("clean", "with_findings", "incomplete", "not_observed")
_CHANGES: tuple[Change, ...] = ("new", "worse", "still", "gone")
_LONGEST_LABEL = 200
_ENDS = ("repaired", "failed", "refused", "other")


class Gauge(NamedTuple):
    """One metric. `samples` gives the values of its labels and the figure; none where there is nothing to say."""

    name: str
    means: str
    labels: tuple[str, ...]
    samples: Callable[[HygieneReport], Iterable[Sample]]


def render(report: HygieneReport) -> str:
    """All of GAUGES, each with its HELP and TYPE even where it has no sample."""
    registry = CollectorRegistry()
    registry.register(_Fixed([_family(gauge, report) for gauge in GAUGES]))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


class _Fixed(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _family(gauge: Gauge, report: HygieneReport) -> Metric:
    family = GaugeMetricFamily(gauge.name, gauge.means, labels=gauge.labels)
    sums = defaultdict[tuple[str, ...], float](float)
    for labels, value in gauge.samples(report):
        sums[tuple(map(_label, labels))] += value  # twice the same series is no series
    for shown, total in sums.items():
        family.add_metric(shown, total)
    return family


def _label(text: str) -> str:
    return safe(text[:_LONGEST_LABEL])


def _one(value: float) -> tuple[Sample]:
    return (((), float(value)),)


def _hosts(report: HygieneReport) -> Iterable[Sample]:
    return [((outcome,), getattr(report.coverage.totals, outcome)) for outcome in _OUTCOMES]


def _newest(report: HygieneReport) -> Iterable[Sample]:
    return _one(report.coverage.last_at.timestamp()) if report.coverage.last_at else ()


def _age(report: HygieneReport) -> Iterable[Sample]:
    last = report.coverage.last_at
    return _one((report.made_at - last).total_seconds()) if last else ()


def _open(report: HygieneReport) -> list[ReportedFinding]:
    return [one for one in report.findings if one.change != "gone" and not one.suppressed]


def _by_severity(report: HygieneReport) -> Iterable[Sample]:
    counts = Counter(one.severity for one in _open(report))
    return [((severity.value,), counts[severity]) for severity in Severity]


def _by_kind(report: HygieneReport) -> Iterable[Sample]:
    counts = Counter((one.kept.kind, one.severity.value) for one in _open(report))
    return sorted(counts.items())


def _changes(report: HygieneReport) -> Iterable[Sample]:
    counts = Counter(one.change for one in report.findings if not one.suppressed)
    return [((change,), counts[change]) for change in _CHANGES]


def _suppressed(report: HygieneReport) -> Iterable[Sample]:
    return _one(sum(one.suppressed is not None and one.change != "gone" for one in report.findings))


def _causes(report: HygieneReport) -> Iterable[Sample]:
    counts = Counter(cause.established for cause in report.causes)
    return [(("true",), counts[True]), (("false",), counts[False])]


def _headroom(report: HygieneReport) -> Iterable[Sample]:
    free = [1 - room.used / room.limit for room in report.headroom]
    return _one(min(free)) if free else ()


def _runbooks(report: HygieneReport) -> Iterable[Sample]:
    return [((end,), sum(getattr(use, end) for use in report.runbooks)) for end in _ENDS]


def _missed(report: HygieneReport) -> Iterable[Sample]:
    runs = Counter[str]()
    for missed in report.coverage.missed:
        runs[missed.schedule] += missed.runs
    return [((schedule,), count) for schedule, count in sorted(runs.items())]


def _never(report: HygieneReport) -> Iterable[Sample]:
    return _one(len(report.coverage.never))


def _reasons(report: HygieneReport) -> Iterable[Sample]:
    return [((reason,), count) for reason, count in report.coverage.reasons]


def _sum(field: str) -> Callable[[HygieneReport], Iterable[Sample]]:
    return lambda report: _one(sum(getattr(host, field) for host in report.hosts))


# Names stay, and so do labels: dashboards and alerts of other people rest on them.
GAUGES: tuple[Gauge, ...] = (
    Gauge(
        "nr_report_timestamp_seconds", "When this was made (Unix time).", (), lambda it: _one(it.made_at.timestamp())
    ),
    Gauge(
        "nr_report_span_seconds", "The time it tells of.", (), lambda it: _one((it.made_at - it.since).total_seconds())
    ),
    Gauge("nr_audits", "Audits in that time.", (), lambda it: _one(it.coverage.audits)),
    Gauge("nr_newest_audit_timestamp_seconds", "When the newest audit began (Unix time).", (), _newest),
    Gauge("nr_newest_audit_age_seconds", "How long before the report that was.", (), _age),
    Gauge("nr_missed_runs", "Audits a schedule should have made and did not.", ("schedule",), _missed),
    Gauge("nr_hosts", "Hosts by how their newest audit came out.", ("outcome",), _hosts),
    Gauge("nr_hosts_never_audited", "Hosts that no audit of that time selected.", (), _never),
    Gauge("nr_hosts_not_observed", "Hosts the newest audit got nothing from.", ("reason",), _reasons),
    Gauge("nr_open_findings", "Findings that are there now, suppressed ones left out.", ("severity",), _by_severity),
    Gauge("nr_open_findings_by_kind", "The same by kind.", ("kind", "severity"), _by_kind),
    Gauge("nr_findings", "Findings of that time by what became of them.", ("change",), _changes),
    Gauge("nr_suppressed_findings", "Findings that are there and suppressed.", (), _suppressed),
    Gauge("nr_expired_suppressions", "Suppressions whose day is over.", (), lambda it: _one(len(it.expired))),
    Gauge("nr_causes", "Causes behind findings, by whether that is established.", ("established",), _causes),
    Gauge("nr_processes", "Processes of all hosts.", (), _sum("processes")),
    Gauge("nr_zombies", "Zombies of all hosts.", (), _sum("zombies")),
    Gauge("nr_orphans", "Orphans of all hosts.", (), _sum("orphans")),
    Gauge("nr_blocked_tasks", "Tasks in uninterruptible sleep of all hosts.", (), _sum("blocked")),
    Gauge("nr_least_headroom_ratio", "Free share (0 to 1) of the limit of process ids that is fullest.", (), _headroom),
    Gauge("nr_runbook_targets", "Targets of runbooks in that time by how they ended.", ("end",), _runbooks),
)
