"""Containers with a pid namespace of their own: what their inits do and do not do."""

import time
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab, cgroups
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from tests.lab.here import Here, about, threads

pytestmark = pytest.mark.lab


def field(host: LabHost, pid: int | None, name: str) -> str:
    """One line of the process's status file."""
    lines = host.run(["cat", f"/proc/{pid}/status"]).stdout.splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


@about("cgroup-frozen", "zombie-init-not-reaping", "init-ignores-sigterm")
def test_it_lives_in_its_pods_cgroup_and_is_pid_1_of_its_namespace(here: Here) -> None:
    init = here.facts.pid or here.facts.parent_pid
    lines = here.host.run(["cat", f"/proc/{init}/cgroup"]).stdout.splitlines()
    inside = [line for line in lines if line.split(":")[1] != "cpuset"]
    assert inside
    assert all(here.facts.container_id in line for line in inside if here.facts.container_id)
    assert field(here.host, init, "NSpid").split()[1:] == ["1"]


def test_nothing_of_a_container_is_born_outside_it_however_slow_the_move(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = cgroups.enter

    def move_slowly(folder: Path, pid: int) -> None:
        move(folder, pid)
        time.sleep(0.1)

    monkeypatch.setattr(cgroups, "enter", move_slowly)
    fault = lab.plant("cgroup-frozen")
    for pid in (fault.facts.pid, *fault.facts.pids):
        lines = lab.host(fault.host).run(["cat", f"/proc/{pid}/cgroup"]).stdout.splitlines()
        assert [x for x in lines if str(fault.facts.container_id) not in x and x.split(":")[1] != "cpuset"] == []


@about("pids-limit")
def test_the_limit_stands_at_the_pod_and_the_container_below_shows_max(here: Here) -> None:
    top = here.host.path(f"/sys/fs/cgroup/pids{here.facts.cgroup_path}")
    below = [folder for folder in top.iterdir() if folder.is_dir()]
    assert (top / "pids.max").read_text().strip() == str(here.facts.cgroup_limit)
    assert [(folder / "pids.max").read_text().strip() for folder in below] == ["max"]


@about("zombie-init-not-reaping")
def test_an_init_keeps_what_health_checks_leave_behind_and_its_twin_reaps(here: Here) -> None:
    seen = threads(here.host)
    assert {seen[pid][1][0] for pid in here.facts.pids} == {"Z"}
    assert len(here.facts.pids) == here.facts.count
    host = here.twin_host
    wait_for("a check", lambda: "health-check" in [task.comm for task in host.tasks()], timeout_s=5, every_s=0.02)
    zombies = sum(task.parent == here.twin.facts.pid and task.state == "Z" for task in host.tasks())
    assert zombies <= 1


@about("container-stuck-terminating")
def test_a_dying_init_waits_for_a_child_that_cannot_die(here: Here) -> None:
    host = here.host
    seen = threads(host)
    assert seen[here.facts.pid or 0][1:] == ("Ss", "do_wait")
    assert seen[here.facts.pids[0]][1:] == ("D", "request_wait_answer")
    assert not host.path(f"/proc/{here.facts.pid}/exe").exists()


@about("outside-parent")
def test_who_was_put_in_by_nsenter_has_its_parent_outside(here: Here) -> None:
    host = here.host
    assert len(field(host, here.facts.pid, "NSpid").split()) == 2
    assert len(field(host, here.facts.parent_pid, "NSpid").split()) == 1
    assert field(host, here.facts.pid, "PPid") == str(here.facts.parent_pid)


@about("runtime-restarted")
def test_a_runtime_is_younger_than_its_shim_and_in_the_twin_older(here: Here) -> None:
    for made in here.lab.state.planted:
        host = here.lab.host(made.host)
        started = {
            task.comm: int(host.run(["cat", f"/proc/{task.pid}/stat"]).stdout.rpartition(")")[2].split()[19])
            for task in host.tasks()
            if task.comm.startswith("containerd")
        }
        assert (started["containerd"] > started["containerd-shim"]) == (made == here.planted)


def test_faults_of_two_containers_on_one_host_heal_apart(lab: Lab) -> None:
    first = lab.plant("init-ignores-sigterm", host="worker-1")
    lab.heal(lab.plant("cgroup-frozen", host="worker-1"))
    assert first.facts.pid in threads(lab.host("worker-1"))
    lab.heal(first)
