"""What of the virtual hosts can be told without starting one."""

import os
from pathlib import Path

import pytest

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import FAULTS, Lab, needs
from nornir_hygiene.lab.faults import fault_named
from nornir_hygiene.lab.vm import accelerator, roster
from nornir_hygiene.lab.vm.faults import VM_FAULTS
from nornir_hygiene.lab.vm.host import task_of
from nornir_hygiene.lab.vm.image import VmRecipe
from tests.lab.batches import AT_MOST, batches


def test_a_name_with_parentheses_does_not_shift_what_follows() -> None:
    task = task_of("183 (a) Z 1 (b) D 181 183 0")
    assert (task.pid, task.comm, task.state, task.parent) == (183, "a) Z 1 (b", "D", 181)


def test_the_image_is_named_after_all_that_is_in_it() -> None:
    recipe = VmRecipe()
    assert recipe.name() == VmRecipe().name()
    assert recipe.name() != recipe.model_copy(update={"modules": ("ext4",)}).name()
    assert recipe.name() != recipe.model_copy(update={"seed_script": ""}).name()


def test_addresses_and_names_of_virtual_hosts_are_their_own() -> None:
    virtual = roster.specs(roster.MOST)
    assert len({spec.address for spec in virtual}) == roster.MOST
    assert {spec.group for spec in virtual} == {"vms"}


@pytest.mark.parametrize("count", [-1, roster.MOST + 1])
def test_more_virtual_hosts_than_a_machine_bears_are_refused_before_anything_starts(count: int) -> None:
    with pytest.raises(LabError, match=f"{count} virtual hosts are not between 0 and"):
        Lab.up(1, vms=count)


def test_every_fault_has_one_name_and_is_found_by_it() -> None:
    every = (*FAULTS, *VM_FAULTS)
    assert len({fault.name for fault in every}) == len(every)
    assert all(fault_named(fault.name) is fault for fault in every)
    assert {fault.needs_vm for fault in VM_FAULTS} == {True}
    assert not any(fault.needs_vm for fault in FAULTS)


def test_each_fault_stands_in_one_batch_and_only_those_stand_together_that_bear_it() -> None:
    played = batches(VM_FAULTS)
    assert sorted(fault.name for batch in played for fault in batch) == sorted(fault.name for fault in VM_FAULTS)
    crowded = [fault for batch in played if len(batch) > 1 for fault in batch]
    assert not any(fault.whole_host or fault.needs_quiet or fault.needs_ceph for fault in crowded)
    assert max(map(len, played)) <= AT_MOST


def test_a_machine_of_another_kind_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert any("x86-64" in lack for lack in needs.missing(vms=True))
    assert not any("x86-64" in lack for lack in needs.missing())


def test_without_kvm_the_emulator_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert accelerator.choose(Path("/nowhere/vmlinuz")) == accelerator.TCG
