"""The probe where it can hardly live: no free pids, a reader that does not die, no rights."""

import os
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import NotObserved, Snapshot

pytestmark = pytest.mark.lab
NONCE = secrets.token_hex(8)
MARKER = Path("/run/nornir-hygiene/abandoned")


@contextmanager
def cgroup(controller: str) -> Iterator[Path]:
    """A v1 cgroup of our own below the root; emptied and removed in any case."""
    folder = Path("/sys/fs/cgroup") / controller / f"nr-test-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        if controller == "freezer":
            (folder / "freezer.state").write_text("THAWED")
        for _ in range(100):
            for pid in (folder / "cgroup.procs").read_text().split():
                with suppress(OSError):
                    (folder.parent / "cgroup.procs").write_text(pid)
            with suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.05)


def run(shell: list[str], script: bytes, *, prefix: str = "") -> Answer:
    done = subprocess.run(
        ["sh", "-c", f'{prefix}exec "$@"', "sh", *shell, "-s", "--", NONCE, "3000", "9000"],
        input=script, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return Answer(stdout=done.stdout, stderr_tail=done.stderr[-4096:], exit_status=done.returncode)


def seen_by(answer: Answer) -> Snapshot:
    seen = read_answer(answer, NONCE)
    assert isinstance(seen, Snapshot), seen
    return seen


def folders_left() -> list[Path]:
    return [path for base in ("/run", "/dev/shm", "/tmp") for path in Path(base).glob(f"nornir-hygiene.{NONCE}")]


@pytest.mark.parametrize("free", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "ash"]], ids=" ".join)
def test_a_login_with_hardly_a_free_pid_still_answers_or_says_why(shell: list[str], free: int) -> None:
    with cgroup("pids") as limit:
        (limit / "pids.max").write_text(str(1 + free))
        answer = run(shell, probe_script(), prefix=f"echo $$ > {limit}/cgroup.procs; ")
        snapshot = seen_by(answer)
    own = next(one for one in snapshot.pids_cgroups if one.path == f"/{limit.name}")
    assert own.limit == 1 + free
    assert any(process.pid == os.getpid() for process in snapshot.processes)
    me = next(process for process in snapshot.processes if process.pid == os.getpid())
    if free == 0:
        assert own.free == 0
        assert me.start_ticks is None
        assert not snapshot.complete
    else:
        assert me.start_ticks is not None
        assert snapshot.complete
    assert f"only-{free}-pids-free" in {gap.why for gap in snapshot.gaps}
    assert not folders_left()


@pytest.mark.parametrize("free", [0, 1, 2, 3])
@pytest.mark.parametrize("shell", [["dash"], ["busybox", "ash"]], ids=" ".join)
def test_a_fork_that_fails_without_warning_still_gives_a_table_and_leaves_no_folder(
    shell: list[str], free: int
) -> None:
    """The limit is not visible from inside (RLIMIT_NPROC, another namespace): the shell ends at the failing fork."""
    blind = probe_script().replace(b'"$nr_free" -lt 5', b'"$nr_free" -lt -9')
    assert blind != probe_script()
    with cgroup("pids") as limit:
        (limit / "pids.max").write_text(str(1 + free))
        snapshot = seen_by(run(shell, blind, prefix=f"echo $$ > {limit}/cgroup.procs; "))
    assert any(process.pid == os.getpid() for process in snapshot.processes)
    assert snapshot.complete or snapshot.gaps
    assert not folders_left()


NEVER_ENDS = probe_script().replace(b"nr_pass stat nr_stat_rows", b"nr_pass stat nr_never_ends").replace(
    b"nr_probe() {", b"nr_never_ends() { exec sleep 4711; }\nnr_probe() {\n", 1
)  # fmt: skip


def freeze_the_reader(freezer: Path, done: threading.Event) -> None:
    """Put our probe's `sleep 4711` into the frozen cgroup: from then on SIGKILL stays pending, as in a hard hang."""
    while not done.wait(0.02):
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if file.read_bytes() == b"sleep\x004711\x00":
                    (freezer / "cgroup.procs").write_text(file.parent.name)
                    (freezer / "freezer.state").write_text("FROZEN")
                    return


def test_a_reader_that_sigkill_does_not_end_is_left_and_its_read_not_repeated() -> None:
    with cgroup("freezer") as freezer:
        done = threading.Event()
        hand = threading.Thread(target=freeze_the_reader, args=(freezer, done))
        hand.start()
        try:
            first = seen_by(run(["dash"], NEVER_ENDS))
        finally:
            done.set()
            hand.join()
        reader, ticks, section, *_ = MARKER.read_text().split()
        again = run(["dash"], probe_script())
    assert first.stalls[0].abandoned == f"{reader} {ticks}"
    assert section == "stat"
    assert any(process.pid == os.getpid() and process.start_ticks for process in first.processes)
    second = seen_by(again)
    assert second.stalls[0].abandoned == f"{reader} {ticks}"
    assert b"stat from=slow" in again.stdout
    assert b" ps\n" not in again.stdout
    for _ in range(100):
        if not Path(f"/proc/{reader}").exists():
            break
        time.sleep(0.05)
    third = run(["dash"], probe_script())
    assert b"stat from=grep" in third.stdout
    assert not MARKER.exists()


def test_without_root_it_answers_and_the_uid_says_what_it_could_not_see() -> None:
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "dash", "-s", "--", NONCE, "3000", "9000"],
        input=probe_script(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    snapshot = seen_by(Answer(stdout=done.stdout, stderr_tail=done.stderr, exit_status=done.returncode))
    assert snapshot.complete
    assert snapshot.facts.uid == 65534
    assert any(gap.section == "rights" for gap in snapshot.gaps)
    assert any(process.pid == os.getpid() for process in snapshot.processes)


def test_nothing_at_all_is_a_reason_too() -> None:
    seen = read_answer(Answer(stdout=b"", exit_status=0), NONCE)
    assert isinstance(seen, NotObserved)
