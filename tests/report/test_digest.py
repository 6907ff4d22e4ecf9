"""A report as a message."""

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
