"""The script of the signal, really run: to the very process that was seen, and only where it can help."""

import random
import signal
import subprocess
from pathlib import Path

import pytest

from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.action import OfProcess
from nornir_hygiene.remediate.actions.lock import LOCK, LOCK_CLUSTER, UNLOCK, UNLOCK_CLUSTER
from nornir_hygiene.remediate.actions.signal import SIGNAL, SignalArguments
from nornir_hygiene.remediate.actions.unit import RESTART_OWNER
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.shells import (
    SHELLS,
    identity,
    order,
    run,
    said,
    script,
    stat,
    told,
    tools,
    until,
)
from tests.vfork import has_child

SCRIPTS = Path(__file__).parents[3] / "src/nornir_hygiene/remediate/actions/scripts"
EVERY = (*ACTIONS.values(), LOCK, UNLOCK, LOCK_CLUSTER, UNLOCK_CLUSTER)
# What the scripts need of a host; python3 is not among it.
NEEDED = ("cat", "cut", "head", "mkdir", "mv", "sed", "sleep", "tr")
# A parent in D until its vfork child ends, after ten minutes at the latest.
VFORK = "import ctypes; libc = ctypes.CDLL(None); libc.vfork() == 0 and (libc.sleep(600), libc._exit(0))"


def to(process: ProcessIdentity, name: str, **changed: int | str) -> SignalArguments:
    return SignalArguments.model_validate({"process": {**process.model_dump(), **changed}, "signal": name})


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("python", [True, False], ids=["with python3", "without"])
def test_a_signal_reaches_the_process_that_was_seen(
    shell: list[str], python: bool, start: Start, tmp_path: Path
) -> None:
    path = tools(tmp_path / "bin", *NEEDED, *(["python3"] if python else []))
    sleeper = start("sleep", "600")
    result = told(shell, order(SIGNAL, to(identity(sleeper.pid), "TERM")), path)
    assert (result.outcome, result.detail) == ("changed", f"SIGTERM was sent to pid {sleeper.pid}")
    assert result.facts == {"sent-by": "pidfd" if python else "kill"}
    assert sleeper.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_another_process_under_the_same_number_is_left_alone(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    seen = identity(sleeper.pid)
    others = (
        to(seen, "KILL", start_ticks=seen.start_ticks - 1),
        to(seen, "KILL", boot_id="0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11"),
        to(seen, "KILL", pid=2**22 + 1),
    )
    for other in others:
        result = told(shell, order(SIGNAL, other))
        assert result.outcome == "refused"
        assert "is not the process that was seen" in result.detail
    assert sleeper.poll() is None


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_dead_are_left_to_their_parent(shell: list[str], start: Start) -> None:
    zombie = start("true")
    until(lambda: stat(zombie.pid)[0] == "Z")
    result = told(shell, order(SIGNAL, to(identity(zombie.pid), "KILL")))
    assert result.outcome == "refused"
    assert "only its parent can end it" in result.detail


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_who_is_in_d_gets_no_signal_that_would_strike_later(shell: list[str], start: Start) -> None:
    parent = start("/usr/bin/python3", "-c", VFORK)
    until(lambda: has_child(parent.pid) and stat(parent.pid)[0] == "D")
    for name in ("TERM", "KILL", "CHLD"):
        result = told(shell, order(SIGNAL, to(identity(parent.pid), name)))
        assert result.outcome == "refused"
        assert "it is in D" in result.detail
    assert told(shell, order(SIGNAL, to(identity(parent.pid), "CONT"))).outcome == "unchanged"
    assert parent.poll() is None


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_who_is_stopped_can_be_continued_or_killed_and_nothing_else(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    seen = identity(sleeper.pid)
    assert told(shell, order(SIGNAL, to(seen, "CONT"))).outcome == "unchanged"
    for name in ("TERM", "CHLD"):
        sleeper.send_signal(signal.SIGSTOP)
        until(lambda: stat(sleeper.pid)[0] == "T")
        result = told(shell, order(SIGNAL, to(seen, name)))
        assert (result.outcome, "only stay pending" in result.detail) == ("refused", True)
    assert told(shell, order(SIGNAL, to(seen, "CONT"))).outcome == "changed"
    until(lambda: stat(sleeper.pid)[0] == "S")
    sleeper.send_signal(signal.SIGSTOP)
    until(lambda: stat(sleeper.pid)[0] == "T")
    assert told(shell, order(SIGNAL, to(seen, "KILL"))).outcome == "changed"
    assert sleeper.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_carries_our_own_connection_is_left_alone(shell: list[str]) -> None:
    """A shell above the script's own, as sshd is on a host."""
    above = subprocess.Popen(
        ["dash", "-c", f"{' '.join(shell)} -s; exit 0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stdout, _ = above.communicate(script(order(SIGNAL, to(identity(above.pid), "TERM"))), timeout=20)
    result = said(stdout)
    assert (result.outcome, "carries our own connection" in result.detail) == ("refused", True)
    assert above.returncode == 0


def test_init_is_the_hosts_own() -> None:
    result = told(["dash"], order(SIGNAL, to(identity(1), "CHLD")))
    assert (result.outcome, "the host's own" in result.detail) == ("refused", True)


def test_a_daemon_others_live_on_is_continued_and_never_ended(start: Start, tmp_path: Path) -> None:
    (tmp_path / "kubelet").symlink_to("/usr/bin/sleep")
    daemon = start(str(tmp_path / "kubelet"), "600")
    seen = identity(daemon.pid)
    for name in ("TERM", "KILL", "CHLD"):
        result = told(["dash"], order(SIGNAL, to(seen, name)))
        assert (result.outcome, "others live on" in result.detail) == ("refused", True)
    daemon.send_signal(signal.SIGSTOP)
    until(lambda: stat(daemon.pid)[0] == "T")
    assert told(["dash"], order(SIGNAL, to(seen, "CONT"))).outcome == "changed"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_process_that_no_service_owns_is_not_for_a_restart(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    seen = identity(sleeper.pid)
    result = told(shell, order(RESTART_OWNER, OfProcess(process=seen)))
    assert (result.outcome, "belongs to no service" in result.detail) == ("unfit", True)
    other = seen.model_copy(update={"start_ticks": seen.start_ticks - 1})
    assert told(shell, order(RESTART_OWNER, OfProcess(process=other))).outcome == "refused"
    assert sleeper.poll() is None


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_script_that_broke_off_on_its_way_does_nothing(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    whole = script(order(SIGNAL, to(identity(sleeper.pid), "KILL")))
    draw = random.Random(4711)
    # Without its last byte, a newline, it is whole.
    cuts = [*range(len(whole) - 400, len(whole) - 1), *(draw.randrange(len(whole) - 400) for _ in range(200))]
    for cut in cuts if shell[0] != "bash" else [*cuts[:400:2], *cuts[400::4]]:  # which starts slowly
        assert b"outcome" not in run(shell, whole[:cut]), cut
        assert sleeper.poll() is None, cut
    assert said(run(shell, whole[:-1])).outcome == "changed"
    assert sleeper.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize("parts", sorted({action.parts for action in EVERY}), ids=" ".join)
def test_shellcheck_finds_nothing_in_what_a_host_is_sent(parts: tuple[str, ...]) -> None:
    """With its comments: they hold the exceptions. A variable of the first part may be left unused (SC2034)."""
    text = b"".join((SCRIPTS / f"{part}.sh").read_bytes() for part in ("once", *parts))
    done = subprocess.run(["shellcheck", "-s", "sh", "-e", "SC2034", "-"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, "")


def test_every_part_belongs_to_an_action() -> None:
    used = {"once", *(part for action in EVERY for part in action.parts)}
    assert used == {path.stem for path in SCRIPTS.glob("*.sh")}
