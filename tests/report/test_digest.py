"""A report as a message."""

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.suppression import Suppressed
from nornir_hygiene.report.digest import digest_text
from tests.report import hygiene_samples


def test_a_small_fleet_at_a_glance() -> None:
    subject, body = digest_text(hygiene_samples.small())
    assert subject == "nr digest: 1 critical, 1 new; 2 of 3 hosts seen (group k8s-workers)"
    assert "3 hosts: 1 clean, 1 with findings, 1 not observed (1 deadline)" in body
    assert "672 audits, the last 2026-11-22 07:26Z" in body
    assert "ceph-osd osd.12 on ceph-3 is stopped: 1 finding on 1 host" in body
    assert "1 new" in body
    assert "worker-1  rbd-io-hang  device rbd3" in body


def test_trends_and_what_is_gone_are_told() -> None:
    report = hygiene_samples.rich()
    _, body = digest_text(report)
    assert "\ngrows\n" in body
    assert f"{sum(one.change == 'gone' and one.suppressed is None for one in report.findings)} gone" in body
    assert len(body) < 10_000


def test_an_empty_history_is_a_friendly_message() -> None:
    subject, body = digest_text(hygiene_samples.empty())
    assert subject == "nr digest: no audit since 2026-11-15 07:30Z (all hosts)"
    assert "no audit in this time" in body
    assert "nothing is open" not in body  # nobody looked


def test_a_large_fleet_is_still_a_short_message() -> None:
    _, body = digest_text(hygiene_samples.large())
    assert "300 open findings on 300 hosts" in body
    assert len(body) < 10_000


def test_a_clean_fleet_is_told_as_clean() -> None:
    subject, body = digest_text(hygiene_samples.report((hygiene_samples.host("worker-2"),)))
    assert subject == "nr digest: nothing open, 0 new; 1 of 1 hosts seen (group k8s-workers)"
    assert "nothing is open" in body


def test_hostile_names_are_text() -> None:
    subject, body = digest_text(hygiene_samples.hostile())
    assert len(subject) <= 150
    assert len(body) < 40_000
    for raw in ("\x1b", "\u202e", "\ud800", "\r", "http://"):
        assert raw not in subject + body


def test_a_cause_of_suppressed_findings_alone_is_only_counted() -> None:
    quiet, loud = (hygiene_samples.finding(name) for name in ("worker-1", "worker-2"))
    by = Suppressed(reason="known", owner="me", expires_at=hygiene_samples.before(hours=-24))
    findings = (hygiene_samples.reported(quiet, suppressed=by), hygiene_samples.reported(loud))
    cause = hygiene_samples.cause

    def told(*causes: FleetCause) -> str:
        hosts = tuple(hygiene_samples.host(name) for name in ("worker-1", "worker-2"))
        return digest_text(hygiene_samples.report(hosts, findings=findings, causes=causes))[1]

    assert "causes" not in told(cause("osd.1", (quiet,)))
    assert "1 finding is suppressed" in told(cause("osd.1", (quiet,)))
    both = told(cause("osd.1", (quiet,)), cause("osd.2", (quiet, loud)))
    assert "osd.2 is stopped: 2 findings on 2 hosts, 1 of them suppressed" in both
    assert "osd.1" not in both


def test_what_was_suppressed_and_went_is_not_counted_as_there() -> None:
    by = Suppressed(reason="known", owner="me", expires_at=hygiene_samples.before(hours=-24))
    gone = hygiene_samples.reported(hygiene_samples.finding("worker-1"), "gone", suppressed=by)
    _, body = digest_text(hygiene_samples.report((hygiene_samples.host("worker-1"),), findings=(gone,)))
    assert "suppressed" not in body
