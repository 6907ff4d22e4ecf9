"""Done once per token, whoever asks how often; and told the same to all."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.parse.action_reply import parse_action_reply
from nornir_hygiene.remediate.actions.evidence import COLLECT_EVIDENCE, NoArguments
from nornir_hygiene.remediate.actions.signal import SIGNAL, SignalArguments
from nornir_hygiene.remediate.perform import request_for
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.shells import (
    NONCE,
    RECEIPTS,
    RUN,
    SHELLS,
    collected,
    fake,
    found,
    identity,
    order,
    run,
    said,
    script,
    told,
    until,
)

# Ends with the first one that is not heard: one line for each TERM.
COUNTER = 'trap "echo heard >>heard" TERM; touch ready; while :; do sleep 0.02; done'


def slow_look(folder: Path, seconds: float) -> str:
    """A PATH on which collecting evidence takes so long; each time it is done leaves a line in `done`."""
    fake(folder / "bin", "ps", f"echo once >>{folder}/done; sleep {seconds}; echo the table")
    for name in ("dmesg", "systemctl", "logger"):
        fake(folder / "bin", name, "exit 0")
    return f"{folder}/bin:/usr/bin:/bin"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_same_token_sends_nothing_twice_and_tells_the_first_outcome(
    shell: list[str], start: Start, tmp_path: Path
) -> None:
    counter = start("dash", "-c", COUNTER)
    until((tmp_path / "ready").exists)
    heard = tmp_path / "heard"
    term = SignalArguments(process=identity(counter.pid), signal="TERM")
    first = order(SIGNAL, term)
    begun = told(shell, first)
    until(heard.exists)
    assert begun.outcome == "changed"
    assert [told(shell, first) for _ in range(2)] == [begun, begun]
    assert told(shell, order(SIGNAL, term)).outcome == "changed"
    until(lambda: heard.read_text().count("heard") == 2)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_outcome_is_told_also_when_the_process_is_long_gone(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    kill = order(SIGNAL, SignalArguments(process=identity(sleeper.pid), signal="KILL"))
    first = told(shell, kill)
    sleeper.wait(5)
    assert (first.outcome, told(shell, kill)) == ("changed", first)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_whoever_sends_it_meanwhile_waits_for_the_first(shell: list[str], tmp_path: Path) -> None:
    """Also within the same moment: one of them does it."""
    path = slow_look(tmp_path, 0.7)
    look = script(order(COLLECT_EVIDENCE, NoArguments()))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: run(shell, look, path), range(3)))
    assert [said(answer).outcome for answer in answers] == ["unchanged"] * 3
    assert [collected(answer)["processes"] for answer in answers] == ["the table\n"] * 3
    assert (tmp_path / "done").read_text() == "once\n"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_of_a_script_that_was_killed_nobody_knows_how_it_ended(shell: list[str], tmp_path: Path) -> None:
    path = slow_look(tmp_path, 30)
    what = order(COLLECT_EVIDENCE, NoArguments())
    first = subprocess.Popen(
        [found(shell[0]), *shell[1:], "-s"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": path}, start_new_session=True,
    )  # fmt: skip
    assert first.stdin
    first.stdin.write(script(what))
    first.stdin.close()
    until((tmp_path / "done").exists)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(5)
    begun = time.monotonic()
    result = told(shell, what, path)
    assert (result.outcome, result.detail) == ("unknown", "it was begun before, and nobody knows how it ended")
    assert time.monotonic() - begun < 5
    assert (tmp_path / "done").read_text() == "once\n"


def test_a_receipt_holds_who_what_and_the_outcome_for_root_only(start: Start) -> None:
    sleeper = start("sleep", "600")
    what = order(SIGNAL, SignalArguments(process=identity(sleeper.pid), signal="CONT"), f"{RUN}.receipt")
    told(["dash"], what)
    receipt = RECEIPTS / f"{RUN}.receipt"
    assert receipt.stat().st_mode & 0o777 == 0o700
    assert "outcome unchanged" in (receipt / "said").read_text()
    assert len((receipt / "by").read_text().split()) == 2


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_log_of_the_host_that_takes_no_words_holds_nothing_up(shell: list[str], start: Start, tmp_path: Path) -> None:
    """journald stopped, its socket full: `logger` then hangs until it is read again."""
    fake(tmp_path / "bin", "logger", "exec sleep 5")
    sleeper = start("sleep", "600")
    what = order(SIGNAL, SignalArguments(process=identity(sleeper.pid), signal="TERM"))
    begun = time.monotonic()
    assert told(shell, what, f"{tmp_path}/bin:/usr/bin:/bin").outcome == "changed"
    assert time.monotonic() - begun < 4


def test_without_root_it_says_what_it_needs(start: Start) -> None:
    sleeper = start("sleep", "600")
    what = order(SIGNAL, SignalArguments(process=identity(sleeper.pid), signal="TERM"))
    done = subprocess.run(["dash", "-s"], input=script(what), capture_output=True, check=False, user=65534, group=65534)
    result = said(done.stdout)
    assert (result.outcome, "this needs root" in result.detail) == ("refused", True)
    assert sleeper.poll() is None


def test_arguments_stand_in_the_script_and_not_on_the_command_line() -> None:
    request = request_for(order(COLLECT_EVIDENCE, NoArguments()), NONCE, sudo=True)
    assert request.command == "exec sudo -n /bin/sh -s"
    assert request_for(order(COLLECT_EVIDENCE, NoArguments()), NONCE, sudo=False).command == "exec /bin/sh -s"


def test_it_goes_on_when_nobody_listens_any_more(tmp_path: Path) -> None:
    """The connection breaks off: the action is done to its end, and its outcome kept."""
    path = slow_look(tmp_path, 0.3)
    what = order(COLLECT_EVIDENCE, NoArguments())
    alone = subprocess.Popen(["/usr/bin/dash", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": path})
    assert alone.stdin
    assert alone.stdout
    alone.stdin.write(script(what))
    alone.stdin.close()
    until((tmp_path / "done").exists)
    alone.stdout.close()
    alone.wait(10)
    answer = run(["dash"], script(what), path)
    assert parse_action_reply(Answer(stdout=answer), NONCE).outcome == "unchanged"
    assert (tmp_path / "done").read_text() == "once\n"
