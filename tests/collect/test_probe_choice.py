"""Whom the probe chooses for a closer look, shown with real processes of our own that are put right again at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.process import Suspect
from tests.collect.test_probe_for_real import observed, run_probe

pytestmark = pytest.mark.lab


@contextmanager
def started(*command: str) -> Iterator[int]:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield child.pid
    finally:
        child.kill()
        child.wait()


@contextmanager
def frozen(pid: int) -> Iterator[str]:
    """In a v1 freezer cgroup of its own; thawed, emptied and removed whatever happens."""
    folder = Path("/sys/fs/cgroup/freezer") / f"nr-test-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "cgroup.procs").write_text(str(pid))
        (folder / "freezer.state").write_text("FROZEN")
        yield f"/{folder.name}"
    finally:
        (folder / "freezer.state").write_text("THAWED")
        (folder.parent / "cgroup.procs").write_text(str(pid))
        for _ in range(50):
            with suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.05)


def looked_at(pid: int) -> tuple[Snapshot, Suspect]:
    snapshot = observed(run_probe(["dash"]))
    return snapshot, next(suspect for suspect in snapshot.suspects if suspect.pid == pid)


def until(ready: Callable[[], bool]) -> None:
    for _ in range(100):
        if ready():
            return
        time.sleep(0.05)
    pytest.fail("the state did not come about")


def test_a_stopped_process_is_looked_at_with_the_time_since_it_ran() -> None:
    with started("sleep", "60") as pid:
        os.kill(pid, signal.SIGSTOP)
        _, suspect = looked_at(pid)
    assert suspect.leader is not None
    assert suspect.leader.state == "T"
    assert suspect.leader.last_ran_age_s is not None


def test_a_frozen_process_brings_the_state_of_its_freezer_twice() -> None:
    with started("sleep", "60") as pid, frozen(pid) as path:
        snapshot, suspect = looked_at(pid)
    assert suspect.leader is not None
    assert suspect.leader.state == "D"
    assert [
        (one.path, one.version, one.frozen, one.own, one.again) for one in snapshot.freezers if one.path == path
    ] == [(path, 1, True, True, True)]


def test_a_program_called_rbd_is_looked_at_with_all_its_threads(tmp_path: Path) -> None:
    program = tmp_path / "rbd"
    program.symlink_to(sys.executable)
    waits = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); time.sleep(60)"
    with started(str(program), "-S", "-c", waits) as pid:
        until(lambda: len(list(Path(f"/proc/{pid}/task").iterdir())) > 1)
        _, suspect = looked_at(pid)
    assert len(suspect.threads) == 2  # where its map waits, whatever the first one does


def test_the_init_of_a_pid_namespace_shows_its_namespaces_and_its_signals() -> None:
    with started("unshare", "-pf", "--kill-child", "sleep", "60") as pid:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        until(lambda: bool(children.read_text().split()))
        init = int(children.read_text().split()[0])
        _, suspect = looked_at(init)
    assert (suspect.nspid[-1], len(suspect.nspid)) == (1, 2)
    assert suspect.signals is not None
    assert not suspect.signals.caught & 1 << 14
    assert suspect.cgroups


def test_a_host_without_such_processes_reads_nothing_more() -> None:
    script = b"\n".join(
        [
            b"unshare -pf --kill-child --mount-proc sh -s -- 0123456789abcdef 3000 9000 <<'PROBE'",
            probe_script(),
            b"PROBE",
        ]
    )
    done = subprocess.run(["sh"], input=script, capture_output=True, timeout=60, check=True)
    marks = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(b"@")]
    assert not {b"freezer", b"inits", b"fd", b"devices", b"status"} & set(marks)
    assert marks[-1] == b"end"
