"""Each fault: found on its host with kind, subject, evidence and cause; all else is spared."""

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.expectations import judge
from tests.kinds_table import RecordProperty
from tests.lab.audits import assert_as_planted, audit, host_of
from tests.lab.here import Here, about
from tests.lab.proofs import proofs_of

pytestmark = pytest.mark.lab


@about()
def test_a_planted_fault_is_found_and_nothing_else(here: Here, record_property: RecordProperty) -> None:
    verdicts = judge(here.lab.state, here.report)
    proofs = list(proofs_of(here.planted, here.report, verdicts))
    for proof in proofs:
        proof.tell(record_property)
    assert [verdict for verdict in verdicts if verdict.wrong] == []
    assert [proof for proof in proofs if proof.wrong] == []
    assert host_of(here.report, here.twin.host).complete
    if len(here.together.group) > 1:  # none of them brings others along, so its kind is found once
        told = [found.kind for found in host_of(here.report, here.planted.host).findings]
        assert [kind for kind in told if kind in here.fault.kinds] == list(here.fault.kinds)


def test_a_healed_lab_is_clean(lab: Lab) -> None:
    report = audit("--group", "k8s-workers", "--group", "ceph", "--group", "clean", "--timeout", "10")
    assert [(host.host, host.findings, host.not_observed) for host in report.hosts if not host.clean] == []


def test_each_unreachable_host_has_its_own_reason_and_none_is_missing(lab: Lab) -> None:
    report = audit("--group", "unreachable", "--timeout", "6", "--workers", "20")
    assert_as_planted(lab, report)
    expected = {entry.name for entry in lab.state.entries if entry.group == "unreachable"}
    assert {host.host for host in report.hosts} == expected
    assert report.totals.not_observed + report.totals.incomplete == len(expected)


def test_logins_with_hardly_a_free_pid_answer_or_say_why(lab: Lab) -> None:
    report = audit("--group", "tight", "--timeout", "10")
    assert len(report.hosts) == 3
    for host in report.hosts:
        assert host.facts is not None, host.not_observed
        assert any("pids-free" in gap.why for gap in host.gaps)
        if "0-free" in host.host:
            assert [finding.kind for finding in host.findings] == ["pids-cgroup-saturated"]
            assert not host.complete


@about("rbd-osd-stopped")
def test_the_rbd_incident_shows_what_a_person_needs_at_3_am(here: Here) -> None:
    planted = here.planted
    (finding,) = (each for each in host_of(here.report, planted.host).findings if each.kind == "rbd-io-hang")
    hung = next(task for task in finding.evidence.tasks if task.pid == planted.facts.pid)
    assert (finding.kind, hung.comm, hung.stat[0]) == ("rbd-io-hang", "fsck.ext4", "D")
    assert hung.identity is not None
    assert hung.identity.start_ticks > 0
    assert hung.age_s is not None
    assert hung.age_s >= 3
    assert hung.wchan == "folio_wait_bit_common"
    assert hung.stack
    assert f"{planted.facts.pool}/{planted.facts.image}" in finding.cause.because
    assert finding.cause.established, finding.cause.missing
    assert finding.cause.name == f"ceph-osd osd.{planted.facts.osd} on {planted.facts.osd_host}"
    parent = next(task for task in finding.evidence.tasks if task.pid == planted.facts.parent_pid)
    assert (parent.comm, parent.stat[0], parent.role) == ("fsck", "S", "parent")
