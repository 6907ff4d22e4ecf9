"""Which faults of the lab stand together while they are audited."""

from nornir_hygiene.lab import FAULTS
from tests.lab.here import GROUPS, group_with


def test_each_fault_stands_in_one_group() -> None:
    assert sorted(fault.name for group in GROUPS for fault in group) == sorted(fault.name for fault in FAULTS)
    assert all(fault in group_with(fault) for fault in FAULTS)


def test_in_a_group_each_finding_can_be_of_one_fault_only() -> None:
    crowded = [group for group in GROUPS if len(group) > 1]
    assert crowded
    for group in crowded:
        kinds = [kind for fault in group for kind in fault.kinds]
        assert len(kinds) == len(set(kinds)) >= len(group)
        assert not any(fault.may_also for fault in group)


def test_who_ends_by_itself_needs_ceph_or_takes_no_login_stands_alone() -> None:
    alone = {fault.name for group in GROUPS if len(group) == 1 for fault in group}
    special = {fault.name for fault in FAULTS if fault.lasts_s or fault.needs_ceph or fault.refuses_login}
    assert special
    assert special <= alone
