"""A host with a kernel of its own beside the others: what only it can show, found; all else spared.

One virtual host serves all of these: without KVM it boots for half a minute, on a busy machine for two.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.diagnose.hung_reports import REPORT_FACT
from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import Lab, needs
from nornir_hygiene.lab.cgroups import pids
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.expectations import judge
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.lab import take_down
from nornir_hygiene.lab.processes import status
from nornir_hygiene.lab.vm.faults import VM_FAULTS
from nornir_hygiene.lab.vm.faults.attach import ATTACH
from nornir_hygiene.lab.vm.faults.krbd import HANG
from nornir_hygiene.lab.vm.faults.nbd import GONE
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.run import AuditReport
from tests.kinds_table import Proof, RecordProperty
from tests.lab.audits import RIPE_S, assert_as_planted, audit, host_of
from tests.lab.batches import Batch, Stage, batches
from tests.lab.conftest import SEED, Ours
from tests.lab.desk import Desk, steps_of, the_result
from tests.lab.proofs import proofs_of
from tests.lab.test_lab_down import machine, start_up

pytestmark = pytest.mark.lab

VM = "vm-1"
# Under emulation the probe itself takes five seconds; of six faults at once, on a busy machine, more than twenty.
PATIENT = ("--timeout", "50")
LEFT_OVERS = """
ls -d /run/*.ready /run/*.was /run/nbd* /var/lib/*.img /sys/block/nbd*/pid 2>/dev/null
ls -d /run/*.up /run/*.go /run/*.report /sys/fs/cgroup/kubepods* /sys/bus/rbd/devices/* /var/lib/*.data 2>/dev/null
dmsetup ls | grep -v '^No devices'; losetup --list --noheadings; grep -E ' (nfs|ceph) ' /proc/mounts
ip netns; ip -o link show type veth
ls -d /run/*containerd* /var/lib/kubelet 2>/dev/null; ls /sys/fs/cgroup/system.slice | grep containerd
cat /proc/sys/kernel/pid_max /proc/sys/kernel/threads-max /proc/sys/kernel/hung_task_*_secs
"""
# Three sorts of hanging storage, which stand together in a test of their own.
THREE = (ATTACH, "nfs-server-gone", "dm-suspended")
BATCHES = batches(fault for fault in VM_FAULTS if fault.name not in (HANG, *THREE))
EACH = [pytest.param(batch, fault, id=fault.name) for batch in BATCHES for fault in batch]


@pytest.fixture(scope="module")
def vm_lab(ours: Ours) -> Iterator[Lab]:
    """A lab with one virtual host, for this module."""
    lacks = needs.missing(vms=True)
    if lacks:
        pytest.skip("a virtual host needs " + ", ".join(lacks))
    ours.down()
    lab = Lab.up(SEED, vms=1)
    try:
        yield lab
    finally:
        ours.down()


@pytest.fixture(scope="module")
def untouched(vm_lab: Lab) -> str:
    """What the host shows of what its faults change, before the first of them."""
    return vm_lab.host(VM).run(["sh", "-c", LEFT_OVERS], check=False).stdout


@pytest.fixture(scope="module")
def stage(vm_lab: Lab) -> Stage:
    """Where batches are played, each once."""
    return Stage(vm_lab, *PATIENT)


@pytest.fixture
def lab(vm_lab: Lab) -> Iterator[Lab]:
    """The same; what a test has planted and not healed is healed behind it."""
    try:
        yield vm_lab
    finally:
        vm_lab.heal_all()


def tell_proofs(proofs: list[Proof], record_property: RecordProperty) -> None:
    """For the table of kinds; what is wrong there fails the test, too."""
    for proof in proofs:
        proof.tell(record_property)
    assert [proof.wrong for proof in proofs if proof.wrong] == []


def left_over() -> dict[str, object]:
    """What a lab could leave behind; the locks of other people's containers lie beside its own."""
    return {what: found for what, found in machine().items() if found and what != "locks"}


def the_finding(report: AuditReport, kind: str) -> Finding:
    (finding,) = (finding for finding in host_of(report, VM).findings if finding.kind == kind)
    return finding


def test_an_unhurt_virtual_host_is_clean_and_shows_its_own_kernel(lab: Lab, untouched: str) -> None:
    assert untouched.split()[:1] == ["4194304"]  # the usual pid_max, and nothing that faults make
    report = host_of(audit("--group", "vms", *PATIENT), VM)
    assert report.clean, (report.findings, report.not_observed, report.gaps)
    assert report.facts is not None
    assert report.facts.kernel == lab.host(VM).run(["uname", "-r"]).stdout.strip()
    assert report.facts.kernel != lab.host("clean-1").run(["uname", "-r"]).stdout.strip()


def test_each_kind_of_host_gets_only_its_own_faults(lab: Lab) -> None:
    with pytest.raises(LabError, match="dm-suspended can be planted only on virtual hosts"):
        lab.plant("dm-suspended", host="worker-1")
    with pytest.raises(LabError, match="zombies can be planted only on hosts that share the machine's kernel"):
        lab.plant("zombies", host=VM)
    assert lab.state.planted == ()


@pytest.mark.parametrize(("batch", "fault"), EACH)
def test_a_fault_of_a_virtual_host_is_found_and_its_twin_spared(
    stage: Stage, batch: Batch, fault: Fault, record_property: RecordProperty
) -> None:
    tell_proofs(stage.play(batch).proofs_of(fault), record_property)


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: " ".join(fault.name for fault in batch))
def test_nothing_is_found_that_nobody_planted(stage: Stage, batch: Batch) -> None:
    assert stage.play(batch).false_alarms == []


def test_the_kernel_alone_names_the_osd_and_the_cluster_agrees(lab: Lab, record_property: RecordProperty) -> None:
    planted = lab.plant(HANG)
    time.sleep(RIPE_S)
    alone = the_finding(audit("--group", "vms", "--no-second-round", *PATIENT), "rbd-io-hang")
    report = audit("--group", "vms", *PATIENT)
    tell_proofs(list(proofs_of(planted, report, judge(lab.state, report))), record_property)
    assert_as_planted(lab, report)
    asked = the_finding(report, "rbd-io-hang")
    owed = alone.cause.because.rpartition("requests of its client wait for ")[2]
    assert f"osd.{planted.facts.osd}" in owed
    assert not alone.cause.established
    assert asked.cause.established, asked.cause.missing
    assert asked.cause.name == f"ceph-osd osd.{planted.facts.osd} on {planted.facts.osd_host}"
    assert alone.fingerprint == asked.fingerprint
    lab.heal(planted)
    check = ["journalctl", "-o", "cat", "-u", str(planted.facts.unit)]
    assert "files (" in lab.host(VM).run(check).stdout  # fsck's last words: nobody has killed it


def test_the_kernels_own_report_of_a_blocked_task_is_told(stage: Stage) -> None:
    seen = stage.play(next(batch for batch in BATCHES if GONE in {fault.name for fault in batch}))
    device = seen.planted[GONE].facts.kernel_device
    found = next(one for one in host_of(seen.report, VM).findings if one.subject.name == device)
    told = [fact.value for fact in found.evidence.facts if fact.name == REPORT_FACT]
    assert [value for value in told if value.startswith("dd (thread ") and " blocked for more than " in value]


# As many as its limit lets: then it waits for all of them.
FULL = "i=1; while [ $i -lt 20 ]; do sleep 600 & i=$((i + 1)); done; wait"


@pytest.mark.long
def test_a_forgotten_freeze_is_thawed_and_a_services_limit_is_raised(lab: Lab, tmp_path: Path) -> None:
    host, desk = lab.host(VM), Desk(tmp_path)
    frozen = lab.plant("pod-frozen").facts.cgroup_path
    host.run(["systemd-run", "--quiet", "--unit=full", "--property=TasksMax=20", "sh", "-c", FULL])
    try:
        time.sleep(RIPE_S)
        made = desk.plans("--host", VM, *PATIENT)
        thawed = desk.apply(made["thaw-cgroup"], *PATIENT)
        raised = desk.apply(made["raise-pids-limit"], *PATIENT)
        assert (the_result(thawed).end, steps_of(thawed)) == ("repaired", [("thaw", "changed")])
        assert host.run(["cat", f"/sys/fs/cgroup{frozen}/cgroup.freeze"]).stdout == "0\n"
        assert (the_result(raised).end, steps_of(raised)) == ("repaired", [("raise", "changed")])
        assert host.run(["cat", "/sys/fs/cgroup/system.slice/full.service/pids.max"]).stdout == "40\n"
        assert host.run(["systemctl", "show", "--property=TasksMax", "--value", "full"]).stdout == "40\n"
    finally:
        host.run(["systemctl", "stop", "full"], check=False)
        host.run(["systemctl", "revert", "full"], check=False)


def test_three_hangs_at_once_are_three_findings_and_three_causes(lab: Lab, record_property: RecordProperty) -> None:
    three = [lab.plant(fault) for fault in THREE]
    planted = three[0]
    time.sleep(RIPE_S)
    alone = the_finding(audit("--group", "vms", "--no-second-round", *PATIENT), "volume-attach-hang")
    report = audit("--group", "vms", *PATIENT)
    verdicts = judge(lab.state, report)
    tell_proofs([proof for one in three for proof in proofs_of(one, report, verdicts)], record_property)
    assert_as_planted(lab, report)
    found = [the_finding(report, kind) for one in three for kind in one.kinds]
    assert len({one.cause.name for one in found}) == len(found)
    looked_at = [{task.identity for task in one.evidence.tasks} for one in found]
    assert sum(map(len, looked_at)) == len(set.union(*looked_at))  # no task is in two of them
    assert host_of(report, VM).gaps == ()
    assert f"osd.{planted.facts.osd}" in alone.cause.because.rpartition("wait for ")[2]
    assert str(planted.facts.image) in alone.cause.name
    assert (alone.cause.established, found[0].cause.established) == (False, True)
    assert alone.fingerprint == found[0].fingerprint


def test_after_all_of_them_nothing_is_left_inside(lab: Lab, untouched: str) -> None:
    report = host_of(audit("--group", "vms", *PATIENT), VM)
    assert report.clean, (report.findings, report.not_observed, report.gaps)
    assert lab.host(VM).run(["sh", "-c", LEFT_OVERS], check=False).stdout == untouched


def test_nothing_of_a_virtual_host_is_left_outside(vm_lab: Lab, ours: Ours) -> None:
    qemu = vm_lab.state.vms[0].qemu
    assert qemu is not None
    ours.down()
    assert status(qemu.pid).get("State", "Z")[0] == "Z"  # whoever adopted it may take its time to reap it
    assert left_over() == {}


def test_down_clears_away_a_virtual_host_whose_up_was_killed(no_lab: None) -> None:
    with start_up("--bare", "--vm", "1") as process:
        wait_for("the virtual host to start", lambda: pids(VM), timeout_s=60)
        process.send_signal(signal.SIGKILL)
    take_down()
    time.sleep(0.5)  # whoever was on its way into the lab has arrived, or has not
    assert not pids()
    assert left_over() == {}
