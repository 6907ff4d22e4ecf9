"""HygieneReport -> JUnit XML (the junit-10.xsd of Jenkins), for the test view of a CI system.

A host is a testsuite. Its testcase `observed` passes where all of it was seen, and is an error where it was not.
Each finding is one more: failed; skipped with the reason while a suppression holds, or where it is only an info, as
`nr` too does not exit 1 for those; passed once it is gone. Names stay the same from report to report, so that a CI
system sees by itself what is new and what is fixed.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.hygiene import HostState, HygieneReport, ReportedFinding
from nornir_hygiene.report.safe import safe

# Not characters, so XML 1.0 has no way to write them, while `safe` lets them through.
_NEVER_IN_XML = re.compile("[\ufffe\uffff]")
_LONGEST_NAME = 300
_LONGEST_TEXT = 20_000
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(report: HygieneReport) -> str:
    """ASCII, so that no encoding on the way can break it; what is beyond stands as &#NNN;."""
    root = Element("testsuites", name="nornir-hygiene")
    found = defaultdict[str, list[ReportedFinding]](list)
    for one in report.findings:
        found[one.kept.host].append(one)
    for host in report.hosts:
        _suite(root, host.host, _outcome(host), found.pop(host.host, []))
    for name in report.coverage.never:
        _suite(root, name, ("error", "never-audited", "no audit of this time selected it"), found.pop(name, []))
    for name, left in found.items():  # of hosts the newest audits have not selected any more
        _suite(root, name, ("skipped", "", "the newest audits have not selected it"), left)
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    indent(root)
    text: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


Result = tuple[str, str, str]
_PASSED: Result = ("", "", "")


def _outcome(host: HostState) -> Result:
    """Element, type and message of the testcase `observed`."""
    if host.outcome == "not_observed":
        return "error", host.reason or "not-observed", f"not observed: {host.reason or 'for an unknown reason'}"
    if host.outcome == "incomplete":
        return "skipped", "", "seen by halves: what could not be seen is not said to be clean"
    return _PASSED


def _suite(root: Element, host: str, outcome: Result, found: list[ReportedFinding]) -> None:
    suite = SubElement(root, "testsuite", name=_short(host), hostname=_short(host))
    _case(suite, host, "observed", outcome, "")
    for one in found:
        _case(suite, host, f"{one.kept.kind} {one.kept.subject}", _judged(one), _told(one))
    suite.set("tests", str(len(suite)))
    for element, attribute in _COUNTED.items():
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))


def _case(suite: Element, host: str, name: str, result: Result, text: str) -> None:
    case = SubElement(suite, "testcase", classname=_short(host), name=_short(name))
    element, sort, message = result
    if element:
        given = {"message": _short(message)} | ({"type": _short(sort)} if sort else {})
        SubElement(case, element, given).text = text


def _judged(one: ReportedFinding) -> Result:
    if one.change == "gone":
        return _PASSED
    if one.suppressed:
        until = f"until {one.suppressed.expires_at:%Y-%m-%d}"
        return "skipped", "", f"suppressed by {one.suppressed.owner} {until}: {one.suppressed.reason}"
    if one.severity is Severity.INFO:
        return "skipped", "", f"info: {one.kept.summary}"
    return "failure", one.severity.value, one.kept.summary


def _told(one: ReportedFinding) -> str:
    return "\n".join(map(_legal, _lines(one)))[:_LONGEST_TEXT]


def _lines(one: ReportedFinding) -> Iterator[str]:
    kept = one.kept
    yield f"{one.severity}, {one.change}: {kept.summary}"
    yield f"since {kept.begun_at:%Y-%m-%d %H:%M}Z, seen {kept.times_seen} times; fingerprint {kept.fingerprint}"
    if kept.container:
        yield f"in {kept.container}"
    if one.finding:
        cause = one.finding.cause
        yield f"{'cause' if cause.established else 'suspected cause'}: {cause.name}: {cause.because}"
        yield f"restores: {one.finding.restores}"
    if one.back_after:
        yield f"it came back after the repair of {one.back_after}"


def _short(text: str) -> str:
    legal = _legal(text)
    return legal if len(legal) <= _LONGEST_NAME else f"{legal[:_LONGEST_NAME]}..."


def _legal(text: str) -> str:
    """One line of what XML can hold."""
    return _NEVER_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", safe(text[:_LONGEST_TEXT]))
