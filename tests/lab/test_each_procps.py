"""Each fault of the lab and its twin, seen through the real ps of three Debian releases and through busybox."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nornir_hygiene.lab import FAULTS
from nornir_hygiene.lab.expectations import COMES_AND_GOES
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.models.finding import Finding
from tests.kinds_table import Proof, RecordProperty
from tests.lab.audits import host_of
from tests.lab.here import Here, about
from tests.lab.tools import Tools

pytestmark = pytest.mark.lab


@about(*(fault.name for fault in FAULTS if not fault.refuses_login))
def test_each_procps_and_busybox_come_to_the_same_kinds(
    here: Here, tools: list[Tools], record_property: RecordProperty
) -> None:
    hosts = (here.host, here.twin_host)
    assert here.report  # taken once what was planted is old enough: before that nobody finds it
    with ThreadPoolExecutor() as pool:
        tried = [(each, pool.submit(unlike, here, each, hosts)) for each in tools]
    alike = ", ".join(each.name for each, task in tried if not task.result())
    differences = tuple(text for _, task in tried for text in task.result())
    for kind in here.fault.kinds:
        Proof(kind=kind, fault=here.fault.name, procps=alike, wrong=differences).tell(record_property)
    assert differences == ()


def unlike(here: Here, tools: Tools, hosts: tuple[LabHost, ...]) -> list[str]:
    """What these tools lead to on the fault's host and on the twin's that the audit did not say, or the other way."""
    return [text for host in hosts for text in _unlike(here, tools, host)]


def _unlike(here: Here, tools: Tools, host: LabHost) -> Iterator[str]:
    seen = tools.found_on(host)
    told, expected = (subjects(each, here) for each in (seen.findings, host_of(here.report, host.spec.name).findings))
    if told != expected:
        gaps = f"; gaps {[gap.why for gap in seen.gaps]}" if seen.gaps else ""
        yield f"{tools.name} on {host.spec.name}: {sorted(told)} instead of {sorted(expected)}{gaps}"
        print("\n".join(finding.model_dump_json(indent=1) for finding in seen.findings))


def subjects(findings: tuple[Finding, ...], here: Here) -> set[str]:
    """What was planted, as kind and subject. What follows from it may be young or old enough, and is left out."""
    also = {*here.fault.may_also, COMES_AND_GOES}
    return {f"{found.kind} on {found.subject}" for found in findings if found.kind not in also}
