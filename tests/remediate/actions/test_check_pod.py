"""pod.sh, really run, over a /proc of our own: a private mount namespace, so that this machine keeps its own."""

import subprocess
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.kubernetes import CHECK_POD, OfPodTasks
from tests.remediate.actions.played_cluster import OTHER_UID, STATIC_HASH, UID
from tests.remediate.actions.shells import SHELLS, order, said, script

_IN_SLICE = f"kubepods-besteffort-pod{UID.replace('-', '_')}.slice/cri-containerd-{'a' * 64}.scope"
V2 = f"0::/kubepods.slice/kubepods-besteffort.slice/{_IN_SLICE}\n"
V1 = f"5:pids:/kubepods/burstable/pod{UID}/{'a' * 64}\n4:freezer:/\n"
ELSEWHERE = V2.replace(UID.replace("-", "_"), OTHER_UID.replace("-", "_"))


def task(proc: Path, pid: int, state: str, cgroup: str, tid: int = 0, comm: str = "app") -> None:
    folder = proc / str(pid) / "task" / str(tid or pid)
    folder.mkdir(parents=True)
    (folder / "cgroup").write_text(cgroup)
    (folder / "stat").write_text(f"{tid or pid} ({comm}) {state} 1 {pid} {pid} 0 -1 4194560 0 0 0 0\n")


def looked(proc: Path, shell: list[str], uid: str = UID) -> ActionResult:
    text = script(order(CHECK_POD, OfPodTasks.model_construct(uid=uid)))
    seen = f"mount --bind {proc} /proc && exec {' '.join(shell)} -s"
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", seen],
        input=text, capture_output=True, timeout=60, check=False, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
    )  # fmt: skip
    return said(done.stdout)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A pod whose task is well, and a stranger in D."""
    folder = tmp_path / "proc"
    task(folder, 100, "S", V2)
    task(folder, 900, "D", ELSEWHERE)
    task(folder, 901, "D", "0::/system.slice/cron.service\n")
    return folder


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_pod_whose_tasks_can_end_may_go(proc: Path, shell: list[str]) -> None:
    task(proc, 101, "Z", V2)
    result = looked(proc, shell)
    assert (result.outcome, result.facts) == ("unchanged", {"tasks": "2"}), result.detail


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("cgroup", [V1, V2], ids=["v1", "v2"])
def test_a_task_in_d_keeps_the_pod(proc: Path, shell: list[str], cgroup: str) -> None:
    task(proc, 102, "D", cgroup)
    result = looked(proc, shell)
    assert (result.outcome, "1 of 2 tasks of the pod are in D" in result.detail) == ("refused", True), result.detail


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_thread_in_d_behind_a_dead_leader_keeps_it_too(proc: Path, shell: list[str]) -> None:
    """cgroup v1 shows the dead leader at the root."""
    task(proc, 102, "Z", "5:pids:/\n")
    task(proc, 102, "D", V1, tid=103)
    assert looked(proc, shell).outcome == "refused"


@pytest.mark.parametrize("comm", ["x) S 1", "x\ny", "a) b (c", "\n) S 1 (", ") Z 1 1"])
def test_no_name_of_a_task_hides_its_state(proc: Path, comm: str) -> None:
    task(proc, 102, "D", V2, comm=comm)
    assert looked(proc, ["dash"]).outcome == "refused"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_pod_that_has_no_task_here_is_not_said_to_be_well(proc: Path, shell: list[str]) -> None:
    result = looked(proc, shell, STATIC_HASH)
    assert (result.outcome, "can be seen here" in result.detail) == ("refused", True), result.detail


@pytest.mark.parametrize("uid", ["", ".*", "$(touch /tmp/x)", "a b", "-e", "'", "x\ny"])
def test_only_a_uid_is_looked_for(proc: Path, uid: str) -> None:
    assert looked(proc, ["dash"], uid).outcome == "refused"
