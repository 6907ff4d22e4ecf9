"""The probe itself, run by real shells on this machine."""

import os
import secrets
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import PLACES, probe_request, probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.settings import HostSettings

NONCE = secrets.token_hex(8)
SHELLS = [["dash"], ["bash"], ["bash", "--posix"], ["busybox", "ash"]]


def run_probe(
    shell: list[str], script: bytes | None = None, arguments: tuple[str, ...] = (NONCE, "3000", "9000")
) -> Answer:
    done = subprocess.run(
        [*shell, "-s", "--", *arguments], input=script or probe_script(), capture_output=True, timeout=60, check=False
    )
    return Answer(stdout=done.stdout, stderr_tail=done.stderr[-4096:], exit_status=done.returncode)


def observed(answer: Answer) -> Snapshot:
    seen = read_answer(answer, NONCE)
    assert isinstance(seen, Snapshot), seen
    return seen


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_each_shell_sees_this_very_process_with_its_exact_start(shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.fail(f"{shell[0]} is not installed: `make setup` installs it")
    snapshot = observed(run_probe(shell))
    me = next(process for process in snapshot.processes if process.pid == os.getpid())
    assert me.start_ticks == int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    assert me.started_at is not None
    assert snapshot.complete
    assert snapshot.gaps == ()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_half_a_script_does_nothing(shell: list[str]) -> None:
    whole = probe_script()
    for cut in (len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 20, len(whole) - 14):
        answer = run_probe(shell, whole[:cut])
        assert not answer.stdout.startswith(b"@"), cut
        assert isinstance(read_answer(answer, NONCE), NotObserved)


def test_without_a_nonce_it_refuses() -> None:
    look = (NONCE, "1", "1", "1;id")
    for arguments in ((), ("", "1", "1"), ("x y", "1", "1"), (NONCE, "", "1"), (NONCE, "1"), look):
        answer = run_probe(["dash"], arguments=arguments)
        assert (answer.exit_status, answer.stdout) == (64, b"")


def test_it_leaves_no_folder_and_no_process_behind() -> None:
    run_probe(["dash"])
    left = [folder for base in ("/run", "/dev/shm", "/tmp") for folder in Path(base).glob(f"nornir-hygiene.{NONCE}*")]
    assert left == []


def test_the_request_is_plain_words_for_any_login_shell() -> None:
    request = probe_request(HostSettings(sudo=True), 10.0)
    assert request.command == f"exec sudo -n /bin/sh -s -- {request.nonce} 3000 8000"
    assert probe_request(HostSettings(), 10.0).nonce != request.nonce
    assert probe_request(HostSettings(), 10.0, 4242).command.endswith(" 3000 8000 4242")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_pid_that_was_asked_for_is_looked_at_with_all_its_threads(shell: list[str]) -> None:
    stop = threading.Event()
    sleepers = [threading.Thread(target=stop.wait) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    snapshot = observed(run_probe(shell, arguments=(NONCE, "3000", "9000", str(os.getpid()))))
    stop.set()
    me = next(suspect for suspect in snapshot.suspects if suspect.pid == os.getpid())
    looks = {look.tid: look for look in me.threads}
    # Those of the tests' own machinery come and go: one that ends meanwhile has nothing more to read.
    lasting = [os.getpid(), *(sleeper.native_id or 0 for sleeper in sleepers)]
    assert set(lasting) <= looks.keys()
    assert all(looks[tid].switches is not None and looks[tid].last_ran_age_s is not None for tid in lasting)
    assert looks[sleepers[0].native_id or 0].wchan is not None
    assert me.cgroups


def test_asked_for_places_it_reads_the_cgroup_of_every_process_and_nothing_more_of_them() -> None:
    snapshot = observed(run_probe(["dash"], arguments=(NONCE, "3000", "9000", str(PLACES))))
    me = next(suspect for suspect in snapshot.suspects if suspect.pid == os.getpid())
    assert me.cgroups
    assert (me.threads, me.fds) == ((), ())
    alive = {process.pid for process in snapshot.processes if not process.kernel_thread and process.state != "Z"}
    unseen = alive - {suspect.pid for suspect in snapshot.suspects}
    assert not [pid for pid in unseen if Path(f"/proc/{pid}").exists()]  # the others ended meanwhile
