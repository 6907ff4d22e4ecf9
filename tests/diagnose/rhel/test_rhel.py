"""The same kinds for the same fault on RHEL 7, 8 and 9. The answers are made, not recorded: see README.md."""

from datetime import UTC, datetime

import pytest

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.rhel.made import base_text, faults, made
from tests.diagnose.rhel.parts import NONCE
from tests.diagnose.rhel.tables import HERE, tables
from tests.diagnose.snapshots import shipped_catalogue

_TAKEN = datetime(2026, 11, 21, 23, tzinfo=UTC)
# Those of the lab the answers were recorded in.
_THRESHOLDS = Thresholds(
    blocked_info_s=3, blocked_warning_s=3, zombie_warning_s=3, stopped_warning_s=3, stopped_job_info_s=3,
    traced_info_s=3, settled_s=3, outside_parent_info_s=3,
)  # fmt: skip
_CASES = [
    pytest.param(generation.name, fault, id=f"{generation.name}: {fault}")
    for generation in tables().generations
    for fault in faults()
    if not tables().absent(fault, generation.name)
]
# Each kind of which a fault could be had; the idle threads and the clean host are there to be found clean.
_KINDS = {
    "rbd-io-hang", "io-hang", "umount-hang", "nfs-hang", "fuse-hang", "filesystem-frozen", "cgroup-frozen",
    "blocked-task", "zombie-parent-not-waiting", "zombie-parent-blocked", "zombie-thread-blocked",
    "zombie-init-not-reaping", "orphan-leak", "container-stuck-terminating", "outside-parent",
    "pids-cgroup-saturated", "pids-unlimited", "init-ignores-sigterm", "stopped", "traced", "proc-read-hang",
}  # fmt: skip


def seen(text: str) -> Snapshot:
    snapshot = read_answer(Answer(stdout=text.encode(), exit_status=0), NONCE, _TAKEN)
    assert isinstance(snapshot, Snapshot), snapshot
    assert snapshot.complete
    assert snapshot.gaps == ()
    return snapshot


def said(text: str) -> set[tuple[str, str]]:
    """Kind and subject of every finding."""
    findings = diagnose("host-1", seen(text), _THRESHOLDS, shipped_catalogue())
    return {(finding.kind, finding.subject.name) for finding in findings}


def committed(generation: str, fault: str) -> str:
    return (HERE / generation / f"{fault}.txt").read_text()


@pytest.mark.parametrize(("generation", "fault"), _CASES)
def test_the_same_fault_has_the_same_kinds_and_subjects(generation: str, fault: str) -> None:
    difference = tables().difference(fault, generation)
    expected = set(difference.instead) if difference else said(base_text(fault))
    assert said(committed(generation, fault)) == expected


@pytest.mark.parametrize(("generation", "fault"), _CASES)
def test_what_is_committed_is_what_the_tables_make(generation: str, fault: str) -> None:
    assert committed(generation, fault) == made(fault, tables().generation(generation)), (
        "make the answers anew with `python -m tests.diagnose.rhel.made` and look at the difference"
    )


def test_no_made_answer_lies_about_without_its_fault() -> None:
    lying = {path.parent.name + ": " + path.stem for path in HERE.glob("el*/*.txt")}
    assert lying == {str(case.id) for case in _CASES}


def test_the_faults_show_all_these_kinds() -> None:
    kinds = {fault: {kind for kind, _ in said(base_text(fault))} for fault in faults()}
    assert set().union(*kinds.values()) == _KINDS
    assert {fault for fault, found in kinds.items() if not found} == {"clean", "idle-kernel-threads"}


def test_each_difference_is_real_and_gives_its_reason() -> None:
    for one in tables().differs:
        assert bool(one.absent) != bool(one.why)
        for generation in one.where:
            if one.why:
                assert set(one.instead) != said(base_text(one.fault)), (one.fault, generation)


def test_on_el7_a_zombie_is_no_pid_any_more() -> None:
    """It is uncharged at exit there, later when its parent reaps it."""
    before, after = seen(base_text("zombies")), seen(committed("el7", "zombies"))
    zombies = sum(process.state == "Z" for process in before.processes)
    assert zombies > 3
    assert before.pids_cgroups[0].current - after.pids_cgroups[0].current == zombies


def test_no_generation_speaks_the_names_of_the_recorded_kernel() -> None:
    """What EL7 to EL9 do not have is nowhere in their answers."""
    for generation, fault in (case.values for case in _CASES):
        text = committed(str(generation), str(fault))
        assert "folio" not in text
        assert "6.18" not in text
        if generation == "el7":
            assert "NSpid" not in text
            assert "0::" not in text
            assert ") I " not in text
