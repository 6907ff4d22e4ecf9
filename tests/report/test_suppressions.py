"""What is suppressed is shown apart, counted, and does not decide; what has expired is told."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.suppression import ExpiredSuppression, Suppressed
from nornir_hygiene.report import json as as_json
from nornir_hygiene.report import jsonl
from nornir_hygiene.report.evidence import evidence_lines
from nornir_hygiene.report.suppressions import until
from nornir_hygiene.report.text import closing_line
from nornir_hygiene.report.verdict import verdict
from tests.report.samples import absent, cannot_fork, clean, finding, report, sick
from tests.report.test_causes import STUCK
from tests.report.test_text import HOSTILE, on_terminal, piped

END = datetime(2026, 12, 31, tzinfo=UTC)
BY = Suppressed(
    reason="new disks", owner="storage", expires_at=datetime.combine(END, time.max, UTC), where="suppressions.yaml:2"
)
OVER = ExpiredSuppression(
    what="stopped on *", reason="debuggers", owner="platform", expires_at=END - timedelta(days=41), where="s.yaml:9"
)


def hidden(host: str = "worker-1", severity: Severity = Severity.CRITICAL) -> Finding:
    return finding(host, severity, suppressed=BY)


def of(*hosts: HostReport, expired: tuple[ExpiredSuppression, ...] = ()) -> AuditReport:
    count = sum(1 for host in hosts for each in host.findings if each.suppressed)
    return report(*hosts).model_copy(update={"suppressed": count, "expired_suppressions": expired})


HIDDEN = HostReport(host="worker-1", findings=(hidden(),))


def test_a_suppressed_finding_is_one_line_at_the_end_and_no_problem() -> None:
    text = piped(of(HIDDEN, sick("worker-2"), clean(), absent()))
    line = (
        "  critical  worker-1  rbd-io-hang  device rbd3  until 2026-12-31, storage: new disks (suppressions.yaml:2)\n"
    )
    assert text.count("worker-1") == 1
    assert f"\nsuppressed\n{line}" in text
    assert text.index("not observed") < text.index("\nsuppressed\n")
    assert "critical rbd-io-hang on worker-2" in text


def test_a_narrow_terminal_shows_the_same() -> None:
    text = on_terminal(of(HIDDEN), 60)
    assert "worker-1" in text
    assert "storage: new disks" in text.replace("\n", "")
    assert "because:" not in text


def test_the_last_line_counts_them_beside_the_hosts() -> None:
    two = HostReport(host="worker-1", findings=(hidden(), finding(kind="io-hang", suppressed=BY)))
    assert closing_line(of(two, clean())) == "2 hosts: 1 clean, 1 with findings; 2 findings suppressed"
    assert closing_line(of(HIDDEN)) == "1 host: 0 clean, 1 with findings; 1 finding suppressed"
    assert "suppressed" not in closing_line(of(sick()))


def test_nothing_of_it_is_said_where_nothing_is_suppressed() -> None:
    assert "suppressed" not in piped(of(sick(), clean()))


@pytest.mark.parametrize(
    ("hosts", "code"),
    [
        ((HIDDEN,), ExitCode.CLEAN),
        ((HIDDEN, sick("worker-2")), ExitCode.FINDINGS),
        ((HostReport(host="worker-1", findings=(hidden(), finding(kind="io-hang"))),), ExitCode.FINDINGS),
        ((HIDDEN, absent()), ExitCode.NOT_OBSERVED),
        ((HIDDEN, cannot_fork()), ExitCode.FINDINGS),
    ],
)
def test_the_exit_code_is_as_if_it_were_not_there(hosts: tuple[HostReport, ...], code: ExitCode) -> None:
    assert verdict(of(*hosts), Severity.INFO, require_all=False) == code


def test_json_has_the_finding_its_mark_and_the_count() -> None:
    data = json.loads(as_json.render(of(HIDDEN, expired=(OVER,))))
    (told,) = data["hosts"][0]["findings"]
    assert (told["kind"], told["suppressed"]["owner"]) == ("rbd-io-hang", "storage")
    assert (data["suppressed"], data["totals"]["with_findings"]) == (1, 1)
    assert data["expired_suppressions"][0]["what"] == "stopped on *"
    last = json.loads(jsonl.render(of(HIDDEN, expired=(OVER,))).splitlines()[-1])
    assert (last["suppressed"], len(last["expired_suppressions"])) == (1, 1)


def test_what_has_expired_is_told_also_where_nothing_is_found() -> None:
    line = "expired 2026-11-20 00:00Z: stopped on *, platform, debuggers (s.yaml:9): what it hid is told again\n"
    assert line in piped(of(clean(), expired=(OVER,)))


def test_a_report_of_before_there_were_suppressions_is_read() -> None:
    data = json.loads(as_json.render(report(sick())))
    for key in ("suppressed", "expired_suppressions"):
        del data[key]
    del data["hosts"][0]["findings"][0]["suppressed"]
    assert AuditReport.model_validate(data) == report(sick())


def test_a_cause_says_how_many_of_its_findings_are_suppressed() -> None:
    hosts = [HostReport(host=name, findings=(hidden(name),)) for name in ("a", "b")]
    open_ = sick("c")
    prints = [each.fingerprint for host in (*hosts, open_) for each in host.findings]
    some = STUCK.model_copy(update={"fingerprints": tuple(prints)})
    all_ = STUCK.model_copy(update={"fingerprints": tuple(prints[:2])})
    told = of(*hosts, open_)
    assert "3 findings on 2 hosts, 2 of them suppressed\n" in piped(told.model_copy(update={"causes": (some,)}))
    assert "2 findings on 2 hosts, all suppressed\n" in piped(told.model_copy(update={"causes": (all_,)}))


def test_the_evidence_says_that_it_is_suppressed() -> None:
    assert "suppressed: until 2026-12-31, storage: new disks (suppressions.yaml:2)" in list(evidence_lines(hidden()))
    assert not any(line.startswith("suppressed") for line in evidence_lines(finding()))


def test_what_people_wrote_cannot_drive_a_terminal() -> None:
    by = BY.model_copy(update={"reason": HOSTILE, "owner": HOSTILE})
    over = OVER.model_copy(update={"what": HOSTILE, "reason": HOSTILE})
    host = HostReport(host="w", findings=(finding("w", suppressed=by),))
    assert all(char == "\n" or char.isprintable() for char in piped(of(host, expired=(over,))))


def test_the_end_of_a_day_is_shown_as_the_day() -> None:
    assert until(BY.expires_at) == "2026-12-31"
    assert until(datetime(2026, 12, 31, 12, 30, tzinfo=UTC)) == "2026-12-31 12:30Z"
