"""Each fault shows in `ps` what it must, and is planted and healed as one would expect."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import nornir_hygiene
from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import Lab, Planted
from nornir_hygiene.lab.loops import in_use
from tests.lab.here import Here, about, names_everywhere, threads

pytestmark = pytest.mark.lab


@contextmanager
def planted(lab: Lab, name: str) -> Iterator[Planted]:
    fault = lab.plant(name)
    try:
        yield fault
    finally:
        lab.heal(fault)


@about("zombies")
def test_zombies_lie_under_a_sleeping_parent(here: Here) -> None:
    seen = threads(here.host)
    assert all(seen[pid][1].startswith("Z") for pid in here.facts.pids)
    assert len(here.facts.pids) == here.facts.count
    assert seen[here.facts.parent_pid or 0][1].startswith("S")


@about("zombie-blocked-parent")
def test_zombies_lie_under_a_parent_in_d(here: Here) -> None:
    seen = threads(here.host)
    assert all(seen[pid][1].startswith("Z") for pid in here.facts.pids)
    assert seen[here.facts.parent_pid or 0][1:] == ("Ds", "kernel_clone")


@about("zombie-thread-blocked")
def test_a_dead_leader_has_a_thread_in_d(here: Here) -> None:
    seen = threads(here.host)
    assert seen[here.facts.pid or 0][1:] == ("Zl", "-")
    assert seen[here.facts.tid or 0] == (here.facts.pid, "Dl", "kernel_clone")


@about("orphan-leak")
def test_orphans_sit_in_a_living_unit_and_hold_namespaces(here: Here) -> None:
    host = here.host
    assert here.facts.count is not None
    assert here.facts.count >= 8
    for pid in here.facts.pids:
        status = host.run(["cat", f"/proc/{pid}/status"]).stdout
        assert "\nPPid:\t1\n" in status
        assert (here.facts.unit or "") in host.run(["cat", f"/proc/{pid}/cgroup"]).stdout
        assert "net:[" in host.run(["sh", "-c", f"readlink /proc/{pid}/fd/*"]).stdout
        sid = host.run(["cat", f"/proc/{pid}/stat"]).stdout.rpartition(")")[2].split()[3]
        assert not host.path(f"/proc/{sid}").exists()
    main = host.run(["systemctl", "show", "-P", "MainPID", here.facts.unit or ""]).stdout.strip()
    assert main == str(here.facts.pid)


@about("pids-limit")
def test_a_pod_is_at_its_limit_and_its_twin_at_half(here: Here) -> None:
    shares = []
    for made in (here.planted, here.twin):
        folder = f"/sys/fs/cgroup/pids{made.facts.cgroup_path}"
        current, limit = (
            int(here.lab.host(made.host).path(f"{folder}/pids.{name}").read_text()) for name in ("current", "max")
        )
        shares.append(current / limit)
    assert shares == [1.0, 0.5]


@about("rbd-osd-stopped", "rbd-osd-stuck")
def test_fsck_hangs_on_a_sick_osd(here: Here) -> None:
    facts, seen = here.facts, threads(here.host)
    assert seen[facts.pid or 0][1:] == ("D", "folio_wait_bit_common")
    assert seen[facts.parent_pid or 0][1:] == ("Ss", "do_wait")
    osd = [task for task in here.lab.host(facts.osd_host or "").tasks() if task.comm == "ceph-osd"]
    assert [task.state for task in osd] == ["T" if here.fault.name == "rbd-osd-stopped" else "S"]
    node = here.host.run(["stat", "-c", "%Hr:%Lr", facts.device or ""]).stdout.strip()
    assert node == facts.device_number


@about("ps-hang")
def test_ps_hangs(here: Here) -> None:
    seen = threads(here.host)
    assert seen[here.facts.waits_for_tid or 0][1:] == ("Dsl", "percpu_rwsem_wait")
    assert seen[here.facts.tid or 0][1:] == ("Dsl", "vma_start_write")
    with pytest.raises(LabError, match="did not end"):
        here.host.run(["timeout", "-s", "KILL", "20", "ps", "aux"], timeout_s=1)


@about("exec-hang")
def test_an_exec_hangs_with_its_stat_file(here: Here) -> None:
    with pytest.raises(LabError, match="did not end"):
        here.host.run(["timeout", "-s", "KILL", "20", "cat", f"/proc/{here.facts.pid}/stat"], timeout_s=1)


@about("io-hang")
def test_a_reader_hangs_on_a_dead_disk(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("Ds", "folio_wait_bit_common")


@about("io-hang-thread")
def test_a_thread_hangs_on_a_dead_disk_and_its_process_seems_to_sleep(here: Here) -> None:
    seen = threads(here.host)
    assert seen[here.facts.pid or 0][1:] == ("Ssl", "do_sys_pause")
    assert seen[here.facts.tid or 0] == (here.facts.pid, "Dsl", "folio_wait_bit_common")


@about("fuse-hang")
def test_fuse_readers_wait_in_s_and_a_signalled_one_in_d(here: Here) -> None:
    seen = threads(here.host)
    assert seen[here.facts.pid or 0][1:] == ("Ds", "request_wait_answer")
    assert {seen[pid][1:] for pid in here.facts.pids} == {("S", "request_wait_answer")}


@about("vfork-wait")
def test_a_vfork_parent_waits_in_d(here: Here) -> None:
    assert threads(here.host)[here.facts.pid or 0][1:] == ("Ds", "kernel_clone")


def test_a_fault_is_planted_once_and_the_same_seed_draws_the_same(lab: Lab) -> None:
    with planted(lab, "zombies") as first, pytest.raises(LabError, match="planted already"):
        lab.plant("zombies")
    with planted(lab, "zombies") as second:
        assert (second.host, second.facts.comm, second.facts.count) == (first.host, first.facts.comm, first.facts.count)


@pytest.mark.parametrize("name", ["io-hang", "umount-hang", "container-stuck-terminating", "outside-parent"])
@pytest.mark.parametrize("after_s", [0.5, 0.7, 0.9, 1.1])
def test_a_fault_killed_while_it_was_planted_can_be_healed(lab: Lab, name: str, after_s: float) -> None:
    before = names_everywhere(lab)
    command = [sys.executable, "-m", "nornir_hygiene.cli.lab", "fault", name]
    home = str(Path(nornir_hygiene.__file__).parents[1])
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": home}, stdout=subprocess.DEVNULL) as process:
        time.sleep(after_s)
        process.kill()
    time.sleep(0.3)  # what it had just started inside a host still arrives there
    for half_made in lab.state.planted:
        lab.heal(half_made)
    assert names_everywhere(lab) == before
    assert not any(in_use(number) for number in lab.state.loops)


@about("rbd-osd-stopped")
def test_only_one_osd_may_be_sick(here: Here) -> None:
    with pytest.raises(LabError, match="only one OSD"):
        here.lab.plant("rbd-osd-stuck")


def test_only_an_osd_can_be_behind_several_hosts(lab: Lab) -> None:
    with pytest.raises(LabError, match="zombies is of one host alone"):
        lab.plant_for("zombies", ["worker-1", "worker-2"])
    assert lab.state.planted == ()


def test_an_unknown_fault_is_answered_with_the_known_ones(lab: Lab) -> None:
    with pytest.raises(LabError, match="no fault 'zombis'") as caught:
        lab.plant("zombis")
    assert "orphan-leak" in caught.value.hint
