"""Counts by owner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.diagnose.census import LIMITS_KEPT, OTHER_WAITS, OWNERS_KEPT, WAITS_KEPT, census_of
from nornir_hygiene.diagnose.engine import findings_in
from nornir_hygiene.diagnose.rules.orphan_samples import MATCHES
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.census import Census, LimitUse, OwnerCounts
from nornir_hygiene.models.settings import Thresholds

KURYR = "600 1 Ss kuryr-daemon do_epoll_wait looked cg=/system.slice/kuryr.service\n"


def counted(text: str) -> Census:
    return census_of(Scene("w1", snapshot_from(text), Thresholds(), catalogue()))


def test_zombies_are_their_parents() -> None:
    found = counted(KURYR + "\n".join(f"{pid} 600 Z sh -" for pid in range(701, 704)))
    assert found.owners == (OwnerCounts(owner="kuryr-daemon of kuryr.service", zombies=3),)
    assert (found.zombies, found.orphans, found.blocked) == (3, 0, 0)


def test_zombies_of_a_parent_nobody_sees_are_counted_as_well() -> None:
    assert counted("701 99 Z sh -").owners == (OwnerCounts(owner="nobody seen", zombies=1),)


def test_orphans_are_of_their_program_and_origin() -> None:
    (sample,) = (one for one in MATCHES if one.name.startswith("workers of a unit"))
    assert counted(sample.text).owners == (OwnerCounts(owner="kuryr-worker of kuryr.service", orphans=6),)


def test_blocked_tasks_are_counted_and_kernel_threads_are_one_owner() -> None:
    found = counted("500 1 D fsck folio_wait_bit cg=/system.slice/x.service\n90 2 D [jbd2/rbd0-8] io_schedule")
    assert {one.owner for one in found.owners} == {"fsck of x.service", "the kernel"}
    assert found.blocked == sum(one.blocked for one in found.owners)
    assert found.blocked > 0


def test_a_healthy_host_has_nobody_to_name() -> None:
    assert counted(KURYR + "700 600 S sh pipe_read") == Census(processes=2, zombies=0, orphans=0, blocked=0)


@pytest.mark.parametrize(("used", "told"), [(9, False), (10, True), (100, True)])
def test_a_limit_is_told_from_a_tenth_of_it(used: int, told: bool) -> None:
    wanted = (LimitUse(name="/system.slice/app.service", used=used, limit=100),) if told else ()
    assert counted(f"pids /system.slice/app.service {used} 100").limits == wanted


def test_what_is_in_use_of_the_whole_kernels_room_is_not_mistaken_for_the_limit() -> None:
    scene = Scene("w1", snapshot_from("host tasks=900 pid_max=1000"), Thresholds(), catalogue())
    (found,) = (one for one in findings_in(scene) if one.kind == "pid-space-low")
    assert found.summary == "900 of 1000 process ids (kernel.pid_max) are in use, 100 are left."


def test_the_whole_kernels_room_is_told_always() -> None:
    found = counted("host tasks=900 pid_max=32768 threads_max=190000")
    assert found.limits == (LimitUse(name="kernel.pid_max", used=900, limit=32768),)


@given(st.integers(0, 60), st.integers(0, 60))
def test_sums_are_whole_and_lists_are_bounded(parents: int, groups: int) -> None:
    rows = [
        f"{100 + number} 1 S app{number} do_poll\n{300 + number} {100 + number} Z sh -" for number in range(parents)
    ]
    limits = [f"pids /g{number} {50 + number} 200" for number in range(groups)]
    found = counted("\n".join((*rows, *limits)))
    assert found.zombies == parents
    assert len(found.owners) == min(parents, OWNERS_KEPT)
    assert len(found.limits) == min(groups, LIMITS_KEPT)
    assert [one.used for one in found.limits] == sorted((one.used for one in found.limits), reverse=True)


def test_blocked_tasks_are_split_by_what_they_wait_for_the_most_first() -> None:
    rows = [f"{pid} 1 D fsck submit_bio_wait" for pid in range(500, 503)]
    found = counted("\n".join((*rows, "510 1 D app kernel_clone", "511 1 S app do_poll")))
    disk, clone = found.waits
    assert (disk.tasks, clone.tasks) == (3, 1)
    assert disk.wait != clone.wait
    assert found.blocked == 4


def test_frozen_tasks_are_no_load() -> None:
    found = counted("500 1 D app __refrigerator\n501 1 D app submit_bio_wait")
    assert (found.blocked, [one.tasks for one in found.waits]) == (2, [1])


@given(st.integers(0, 40))
def test_however_many_waits_there_are_the_rest_is_one_sum(kinds: int) -> None:
    rows = [f"{500 + number} 1 D app nobody_knows_{number}" for number in range(kinds)]
    found = counted("\n".join(rows))
    assert sum(one.tasks for one in found.waits) == found.blocked == kinds
    assert len(found.waits) == min(kinds, WAITS_KEPT + 1)
    assert (found.waits[-1].wait == OTHER_WAITS) is (kinds > WAITS_KEPT) if kinds else not found.waits
