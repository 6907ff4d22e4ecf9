"""Each fault of the lab and its twin, seen through the real ps of three Debian releases and through busybox."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nornir_hygiene.lab.expectations import COMES_AND_GOES
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.run import HostReport
from tests.kinds_table import Proof, RecordProperty
from tests.lab.here import Together, about_groups
from tests.lab.tools import Tools

pytestmark = pytest.mark.lab


@about_groups(with_login=True)
def test_each_procps_and_busybox_come_to_the_same_kinds(
    together: Together, tools: list[Tools], record_property: RecordProperty
) -> None:
    # Taken once what was planted is old enough: before that nobody finds it.
    hosts = [host for host in together.report.hosts if host.host in places(together)]
    with ThreadPoolExecutor() as pool:
        tried = [(each, pool.submit(unlike, together, each, hosts)) for each in tools]
    alike = ", ".join(each.name for each, task in tried if not task.result())
    differences = tuple(text for _, task in tried for text in task.result())
    for fault in together.group:
        for kind in fault.kinds:
            Proof(kind=kind, fault=fault.name, procps=alike, wrong=differences).tell(record_property)
    assert differences == ()


def places(together: Together) -> set[str]:
    """Where the faults stand, and their twins."""
    return {made.host for here in together.each() for made in (here.planted, here.twin)}


def unlike(together: Together, tools: Tools, hosts: list[HostReport]) -> list[str]:
    """What these tools lead to on one of the hosts that the audit did not say, or the other way."""
    return [text for host in hosts for text in _unlike(together, tools, host)]


def _unlike(together: Together, tools: Tools, host: HostReport) -> Iterator[str]:
    seen = tools.found_on(together.lab.host(host.host))
    told, expected = (subjects(each, together) for each in (seen.findings, host.findings))
    if told != expected:
        gaps = f"; gaps {[gap.why for gap in seen.gaps]}" if seen.gaps else ""
        yield f"{tools.name} on {host.host}: {sorted(told)} instead of {sorted(expected)}{gaps}"
        print("\n".join(finding.model_dump_json(indent=1) for finding in seen.findings))


def subjects(findings: tuple[Finding, ...], together: Together) -> set[str]:
    """What was planted, as kind and subject. What follows from it may be young or old enough, and is left out."""
    also = {COMES_AND_GOES, *(kind for fault in together.group for kind in fault.may_also)}
    return {f"{found.kind} on {found.subject}" for found in findings if found.kind not in also}
