"""The table of kinds: complete by itself, and made only of what a run told."""

from pathlib import Path

import pytest

from nornir_hygiene.diagnose import KINDS
from nornir_hygiene.lab import FAULTS
from nornir_hygiene.lab.vm.faults import VM_FAULTS
from tests.kinds_elsewhere import ELSEWHERE
from tests.kinds_table import HEAD, UNOBSERVED, Proof, markdown, proofs_in, rows, terminal

TESTS = Path(__file__).parent
ALL = (*FAULTS, *VM_FAULTS)
WITH_A_FAULT = {kind for fault in ALL for kind in fault.kinds}
# What the house wants shown for real, and nothing less: kind and how many different faults of it.
DEMANDED = {
    "rbd-io-hang": 2, "io-hang": 1, "umount-hang": 1, "fuse-hang": 1, "filesystem-frozen": 1, "cgroup-frozen": 1,
    "blocked-task": 1, "proc-read-hang": 1, "zombie-parent-not-waiting": 1, "zombie-parent-blocked": 1,
    "zombie-thread-blocked": 1, "zombie-init-not-reaping": 1, "orphan-leak": 1, "container-stuck-terminating": 1,
    "outside-parent": 1, "pids-cgroup-saturated": 1, "pids-unlimited": 1, "init-ignores-sigterm": 1, "stopped": 1,
    "traced": 1,
}  # fmt: skip


class Report:
    """As much of a pytest report as is read."""

    def __init__(self, *properties: tuple[str, object], when: str = "call") -> None:
        self.when = when
        self.user_properties = list(properties)


def told(proof: Proof) -> tuple[str, object]:
    kept: list[tuple[str, object]] = []
    proof.tell(lambda name, value: kept.append((name, value)))
    return kept[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_real_fault_or_a_written_reason_and_never_both(kind: str) -> None:
    has = (kind in WITH_A_FAULT, kind in ELSEWHERE)
    assert has in ((True, False), (False, True)), f"{kind}: the lab and tests/kinds_elsewhere.py say {has}"


def test_no_reason_is_left_of_a_kind_that_is_gone() -> None:
    assert set(ELSEWHERE) <= set(KINDS)


def test_what_is_recorded_is_there_and_has_a_public_source() -> None:
    for reason in ELSEWHERE.values():
        assert reason.why
        assert bool(reason.recorded) == reason.source.startswith("https://")
        assert (TESTS / reason.recorded).exists()


def test_the_faults_the_house_demands_are_all_in_the_lab() -> None:
    there = {kind: sum(kind in fault.kinds for fault in FAULTS) for kind in DEMANDED}
    assert {kind: count for kind, count in there.items() if count < DEMANDED[kind]} == {}


def test_without_a_single_proof_every_fault_is_said_not_to_have_run() -> None:
    table = list(rows([]))
    assert {row.kind for row in table} == {*KINDS, UNOBSERVED}
    assert {row.fault for row in table} - {"none"} == {fault.name for fault in ALL}
    assert {cell for row in table if row.fault != "none" for cell in row.cells[2:]} == {"not run"}


def test_what_tests_told_stands_in_its_row_and_only_there() -> None:
    audit = Proof(kind="traced", fault="traced", found="pid 7@9", twin="spared")
    tools = Proof(kind="traced", fault="traced", procps="3.3.17")
    proofs = proofs_in([Report(told(audit), ("seed", 1)), Report(told(tools)), Report(told(tools), when="teardown")])
    assert proofs == [audit, tools]
    others = [row for row in rows(proofs) if row not in list(rows([]))]
    assert [row.cells for row in others] == [("traced", "traced", "pid 7@9", "spared", "3.3.17")]


def test_what_was_wrong_is_not_shown_as_found() -> None:
    proof = Proof(kind="traced", fault="traced", found="nothing", wrong=("no traced",))
    assert "WRONG: no traced; nothing" in {row.found for row in rows([proof])}


def test_a_fault_the_lab_does_not_list_gets_a_row_by_its_proof() -> None:
    proof = Proof(kind="nfs-hang", fault="nfs-server-slow", found="NFS server 10.0.0.5")
    assert [row.fault for row in rows([proof]) if row.kind == "nfs-hang"] == ["nfs-server-gone", "nfs-server-slow"]


def test_both_forms_of_the_table_lose_nothing() -> None:
    proof = Proof(kind="traced", fault="traced", found="a|b " + "x" * 300)
    table = list(rows([proof]))
    lines = markdown(table, "").splitlines()
    assert sum(line.startswith("|") for line in lines) == len(table) + 2
    assert all(line.replace("\\|", "").count("|") == len(HEAD) + 1 for line in lines if line.startswith("|"))
    shown = list(terminal(table, 120))
    assert max(map(len, shown)) <= 120
    assert sum(line.count("x") for line in shown if "xxx" in line) == 300
