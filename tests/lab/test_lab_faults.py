"""Each fault shows what it must, its twin stands beside it, and both heal to nothing."""

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
from nornir_hygiene.lab import FAULTS, Lab, Planted
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.loops import in_use
from nornir_hygiene.lab.roster import CLEAN

pytestmark = pytest.mark.lab


@contextmanager
def planted(lab: Lab, name: str) -> Iterator[Planted]:
    fault = lab.plant(name)
    try:
        yield fault
    finally:
        lab.heal(fault)


def threads(host: LabHost) -> dict[int, tuple[int, str, str]]:
    """tid to (pid, STAT, wchan); asks for nothing that a locked memory map can hold up."""
    shown = host.run(["ps", "-eLo", "tid=,pid=,stat=,wchan:40="], timeout_s=5).stdout
    rows = (line.split() for line in shown.splitlines())
    return {int(tid): (int(pid), stat, wchan) for tid, pid, stat, wchan in rows}


def names(host: LabHost) -> list[str]:
    return sorted(task.comm for task in host.tasks() if task.comm not in ("(sd-pam)", "sleep", "sshd"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_healed_fault_leaves_nothing(lab: Lab, fault: Fault) -> None:
    hosts = [record.spec.name for record in lab.state.hosts]
    before = {name: names(lab.host(name)) for name in hosts}
    made = lab.plant(fault.name)
    assert made.kinds == fault.kinds
    assert {(p.host, p.twin) for p in lab.state.planted} == {(made.host, False), (CLEAN.name, True)}
    lab.heal(made)
    assert lab.state.planted == ()
    assert {name: names(lab.host(name)) for name in hosts} == before
    assert not any(in_use(number) for number in lab.state.loops)
    for name in (made.host, CLEAN.name):
        left = lab.host(name).run(
            ["sh", "-c", "ls /opt /srv /var/lib/rbd 2>/dev/null; ls /run/*.report /run/*.go"], check=False
        )
        assert set(left.stdout.split()) <= {
            "/opt:",
            "/srv:",
            "/var/lib/rbd:",
            "mute-listener",
            "/run/mute-listener.report",
        }


def test_zombies_lie_under_a_sleeping_parent(lab: Lab) -> None:
    with planted(lab, "zombies") as fault:
        seen = threads(lab.host(fault.host))
        assert all(seen[pid][1].startswith("Z") for pid in fault.facts.pids)
        assert len(fault.facts.pids) == fault.facts.count
        assert seen[fault.facts.parent_pid or 0][1].startswith("S")


def test_zombies_lie_under_a_parent_in_d(lab: Lab) -> None:
    with planted(lab, "zombie-blocked-parent") as fault:
        seen = threads(lab.host(fault.host))
        assert all(seen[pid][1].startswith("Z") for pid in fault.facts.pids)
        assert seen[fault.facts.parent_pid or 0][1:] == ("Ds", "kernel_clone")


def test_a_dead_leader_has_a_thread_in_d(lab: Lab) -> None:
    with planted(lab, "zombie-thread-blocked") as fault:
        seen = threads(lab.host(fault.host))
        assert seen[fault.facts.pid or 0][1:] == ("Zl", "-")
        assert seen[fault.facts.tid or 0] == (fault.facts.pid, "Dl", "kernel_clone")


def test_orphans_sit_in_a_living_unit_and_hold_namespaces(lab: Lab) -> None:
    with planted(lab, "orphan-leak") as fault:
        host = lab.host(fault.host)
        assert fault.facts.count is not None
        assert fault.facts.count >= 8
        for pid in fault.facts.pids:
            status = host.run(["cat", f"/proc/{pid}/status"]).stdout
            assert "\nPPid:\t1\n" in status
            assert (fault.facts.unit or "") in host.run(["cat", f"/proc/{pid}/cgroup"]).stdout
            assert "net:[" in host.run(["sh", "-c", f"readlink /proc/{pid}/fd/*"]).stdout
            sid = host.run(["cat", f"/proc/{pid}/stat"]).stdout.rpartition(")")[2].split()[3]
            assert not host.path(f"/proc/{sid}").exists()
        main = host.run(["systemctl", "show", "-P", "MainPID", fault.facts.unit or ""]).stdout.strip()
        assert main == str(fault.facts.pid)


def test_a_pod_is_at_its_limit_and_its_twin_at_half(lab: Lab) -> None:
    with planted(lab, "pids-limit") as fault:
        twin = next(other for other in lab.state.planted if other.twin)
        shares = []
        for made in (fault, twin):
            folder = f"/sys/fs/cgroup/pids{made.facts.cgroup_path}"
            current, limit = (
                int(lab.host(made.host).path(f"{folder}/pids.{name}").read_text()) for name in ("current", "max")
            )
            shares.append(current / limit)
        assert shares == [1.0, 0.5]


@pytest.mark.parametrize("name", ["rbd-osd-stopped", "rbd-osd-stuck"])
def test_fsck_hangs_on_a_sick_osd_and_ends_by_itself(lab: Lab, name: str) -> None:
    with planted(lab, name) as fault:
        seen = threads(lab.host(fault.host))
        assert seen[fault.facts.pid or 0][1:] == ("D", "folio_wait_bit_common")
        assert seen[fault.facts.parent_pid or 0][1:] == ("Ss", "do_wait")
        osd = [task for task in lab.host(fault.facts.osd_host or "").tasks() if task.comm == "ceph-osd"]
        assert [task.state for task in osd] == ["T" if name == "rbd-osd-stopped" else "S"]
        node = lab.host(fault.host).run(["stat", "-c", "%Hr:%Lr", fault.facts.device or ""]).stdout.strip()
        assert node == fault.facts.device_number


def test_ps_hangs_and_the_watchdog_ends_it(lab: Lab) -> None:
    with planted(lab, "ps-hang") as fault:
        host = lab.host(fault.host)
        start = time.monotonic()
        seen = threads(host)
        assert seen[fault.facts.waits_for_tid or 0][1:] == ("Dsl", "percpu_rwsem_wait")
        assert seen[fault.facts.tid or 0][1:] == ("Dsl", "vma_start_write")
        with pytest.raises(LabError, match="did not end"):
            host.run(["timeout", "-s", "KILL", "20", "ps", "aux"], timeout_s=2)
        host.run(["timeout", "-s", "KILL", "30", "ps", "aux"], timeout_s=30)  # returns when the watchdog has thawed
        assert time.monotonic() - start < 25


def test_an_exec_hangs_with_its_stat_file_and_the_watchdog_ends_it(lab: Lab) -> None:
    with planted(lab, "exec-hang") as fault:
        host = lab.host(fault.host)
        start = time.monotonic()
        stat = f"/proc/{fault.facts.pid}/stat"
        with pytest.raises(LabError, match="did not end"):
            host.run(["timeout", "-s", "KILL", "20", "cat", stat], timeout_s=2)
        host.run(["timeout", "-s", "KILL", "30", "cat", stat], timeout_s=30)
        assert time.monotonic() - start < 25


def test_a_reader_hangs_on_a_dead_disk(lab: Lab) -> None:
    with planted(lab, "io-hang") as fault:
        assert threads(lab.host(fault.host))[fault.facts.pid or 0][1:] == ("Ds", "folio_wait_bit_common")


def test_a_thread_hangs_on_a_dead_disk_and_its_process_seems_to_sleep(lab: Lab) -> None:
    with planted(lab, "io-hang-thread") as fault:
        seen = threads(lab.host(fault.host))
        assert seen[fault.facts.pid or 0][1:] == ("Ssl", "do_sys_pause")
        assert seen[fault.facts.tid or 0] == (fault.facts.pid, "Dsl", "folio_wait_bit_common")


def test_fuse_readers_wait_in_s_and_a_signalled_one_in_d(lab: Lab) -> None:
    with planted(lab, "fuse-hang") as fault:
        seen = threads(lab.host(fault.host))
        assert seen[fault.facts.pid or 0][1:] == ("Ds", "request_wait_answer")
        assert {seen[pid][1:] for pid in fault.facts.pids} == {("S", "request_wait_answer")}


def test_a_vfork_parent_waits_in_d(lab: Lab) -> None:
    with planted(lab, "vfork-wait") as fault:
        assert threads(lab.host(fault.host))[fault.facts.pid or 0][1:] == ("Ds", "kernel_clone")


def test_a_fault_is_planted_once_and_the_same_seed_draws_the_same(lab: Lab) -> None:
    with planted(lab, "zombies") as first, pytest.raises(LabError, match="planted already"):
        lab.plant("zombies")
    with planted(lab, "zombies") as second:
        assert (second.host, second.facts.comm, second.facts.count) == (first.host, first.facts.comm, first.facts.count)


@pytest.mark.parametrize("name", ["io-hang", "umount-hang", "container-stuck-terminating", "outside-parent"])
@pytest.mark.parametrize("after_s", [0.5, 0.7, 0.9, 1.1])
def test_a_fault_killed_while_it_was_planted_can_be_healed(lab: Lab, name: str, after_s: float) -> None:
    before = {record.spec.name: names(lab.host(record.spec.name)) for record in lab.state.hosts}
    command = [sys.executable, "-m", "nornir_hygiene.cli.lab", "fault", name]
    home = str(Path(nornir_hygiene.__file__).parents[1])
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": home}, stdout=subprocess.DEVNULL) as process:
        time.sleep(after_s)
        process.kill()
    time.sleep(0.3)  # what it had just started inside a host still arrives there
    for half_made in lab.state.planted:
        lab.heal(half_made)
    assert {name: names(lab.host(name)) for name in before} == before
    assert not any(in_use(number) for number in lab.state.loops)


def test_only_one_osd_may_be_sick(lab: Lab) -> None:
    with planted(lab, "rbd-osd-stopped"), pytest.raises(LabError, match="only one OSD"):
        lab.plant("rbd-osd-stuck")


def test_an_unknown_fault_is_answered_with_the_known_ones(lab: Lab) -> None:
    with pytest.raises(LabError, match="no fault 'zombis'") as caught:
        lab.plant("zombis")
    assert "orphan-leak" in caught.value.hint
