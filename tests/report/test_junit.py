"""The JUnit file: valid by Jenkins' own schema, and telling what a CI system should show."""

from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import HygieneReport
from nornir_hygiene.models.suppression import Suppressed
from nornir_hygiene.report.junit import render
from tests.report import hygiene_samples as samples
from tests.report import junit_schema

SCHEMA = xmlschema.XMLSchema(junit_schema.SCHEMA)
KNOWN = Suppressed(reason="vendor agent", owner="storage", expires_at=samples.before(days=-20))


def read(report: HygieneReport) -> Element:
    """Valid, and what stands at the top is the sum of what stands below."""
    text = render(report)
    SCHEMA.validate(text)
    assert text.isascii()
    root = fromstring(text)
    for counted, element in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        assert root.get(counted) == str(len(root.findall(f"testsuite/{element}")))
    return root


def case(root: Element, host: str, name: str) -> Element:
    (found,) = root.findall(f"testsuite[@name='{host}']/testcase[@name='{name}']")
    return found


def result(root: Element, host: str, name: str) -> tuple[str, ...]:
    """The element, its type and message; empty for one that passed."""
    return next(((one.tag, one.get("type", ""), one.get("message", "")) for one in case(root, host, name)), ())


@pytest.mark.parametrize(
    "report",
    [samples.empty(), samples.small(), samples.rich(), samples.large(), samples.hostile()],
    ids=["empty", "small", "rich", "large", "hostile"],
)
def test_every_report_is_valid_and_has_every_host(report: HygieneReport) -> None:
    root = read(report)
    assert len(root.findall("testsuite/testcase[@name='observed']")) >= len(report.hosts) + len(report.coverage.never)


def test_hosts_by_how_they_came_out() -> None:
    hosts = (samples.host("w1"), samples.silent("w2"), samples.host("w3", outcome="incomplete"))
    root = read(samples.report(hosts, coverage=samples.coverage(hosts, never=("w4",))))
    assert result(root, "w1", "observed") == ()
    assert result(root, "w2", "observed") == ("error", "deadline", "not observed: deadline")
    assert result(root, "w3", "observed")[0] == "skipped"
    assert result(root, "w4", "observed")[:2] == ("error", "never-audited")


def test_findings_by_what_they_are() -> None:
    there = samples.finding("w1")
    info = samples.finding("w1", subject="device rbd4", severity=Severity.INFO)
    quiet = samples.finding("w1", subject="device rbd5")
    gone = samples.finding("w1", subject="device rbd6")
    root = read(
        samples.report(
            (samples.host("w1", outcome="with_findings"),),
            findings=(
                samples.reported(there),
                samples.reported(info),
                samples.reported(quiet, suppressed=KNOWN),
                samples.reported(gone, "gone"),
                samples.reported(samples.finding("left")),
            ),
        )
    )
    assert result(root, "w1", "rbd-io-hang device rbd3")[:2] == ("failure", "critical")
    assert there.restores in (case(root, "w1", "rbd-io-hang device rbd3")[0].text or "")
    assert result(root, "w1", "rbd-io-hang device rbd4")[0] == "skipped"
    assert result(root, "w1", "rbd-io-hang device rbd5")[2] == "suppressed by storage until 2026-12-12: vendor agent"
    assert result(root, "w1", "rbd-io-hang device rbd6") == ()
    assert result(root, "left", "rbd-io-hang device rbd3")[0] == "failure"


def test_a_finding_whose_run_is_not_kept_any_more_is_told_in_short() -> None:
    one = samples.reported(samples.finding("w1")).model_copy(update={"finding": None})
    root = read(samples.report((samples.host("w1"),), findings=(one,)))
    assert one.kept.summary in (case(root, "w1", "rbd-io-hang device rbd3")[0].text or "")


@settings(max_examples=100)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_text_of_a_host_breaks_the_file(name: str, subject: str, summary: str) -> None:
    found = samples.finding(f"w{name}", subject=f"device x{subject}", summary=summary)
    hosts = (samples.host(f"w{name}"),)
    read(samples.report(hosts, findings=(samples.reported(found),)))


def test_characters_xml_forbids_are_visible() -> None:
    found = samples.finding("w1", summary="a\x00b\x1b[2Jc\ufffed\ud800")
    root = read(samples.report((samples.host("w1"),), findings=(samples.reported(found),)))
    assert result(root, "w1", "rbd-io-hang device rbd3")[2] == r"a\x00b\x1b[2Jc\ufffed\ud800"
