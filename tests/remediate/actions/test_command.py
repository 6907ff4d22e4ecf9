"""A program with exactly its words, really run in each shell; what it says and how it ends."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.command import COMMAND, CommandArguments
from tests.remediate.actions.shells import RECEIPTS, RUN, SHELLS, fake, order, told
from tests.remediate.actions.test_hostile_values import values

EACH_SHELL = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
# Writes the words it was given into a file of its own: the first word.
WITNESS = "#!/usr/bin/python3\nimport json, sys\nwith open(sys.argv[1], 'x') as f: json.dump(sys.argv[2:], f)\n"


def run(shell: list[str], *argv: str | int, unchanged: tuple[int, ...] = (), seconds: int = 10) -> ActionResult:
    return told(shell, order(COMMAND, CommandArguments(argv=argv, unchanged=unchanged), seconds=seconds))


def program(folder: Path, body: str) -> str:
    fake(folder, "program", body)
    return str(folder / "program")


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    path = tmp_path / "witness"
    path.write_text(WITNESS)
    path.chmod(0o755)
    return path


def test_a_hundred_hostile_words_arrive_whole_and_none_is_run(witness: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = values(canary)
    assert len(hostile) > 100

    def arrived(numbered: tuple[int, str]) -> str:
        number, value = numbered
        seen = tmp_path / f"seen-{number}"
        result = run(SHELLS[number % 3], str(witness), str(seen), "-x", value, value)
        return "" if result.outcome == "changed" and json.loads(seen.read_text()) == ["-x", value, value] else value

    with ThreadPoolExecutor(4) as pool:
        assert [value for value in pool.map(arrived, enumerate(hostile)) if value] == []
    assert not canary.exists()


@EACH_SHELL
def test_how_it_ends_is_what_came_of_it(shell: list[str], tmp_path: Path) -> None:
    path = program(tmp_path, 'echo "no such volume" >&2; exit "$1"')
    assert run(shell, path, 0).outcome == "changed"
    assert run(shell, path, 3, unchanged=(2, 3)).outcome == "unchanged"
    failed = run(shell, path, 3, unchanged=(13, 33))
    assert (failed.outcome, failed.detail) == ("failed", f"{path} ended with status 3: no such volume")
    assert run(shell, path, 1).outcome == "failed"


@EACH_SHELL
def test_what_is_not_there_or_no_program_is_refused(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    for path in (tmp_path / "nope", tmp_path / "plain", tmp_path):
        assert run(shell, str(path)).outcome == "refused"


@EACH_SHELL
def test_one_that_does_not_end_is_killed(shell: list[str], tmp_path: Path) -> None:
    begun = time.monotonic()
    result = run(shell, program(tmp_path, "echo begun >&2; exec sleep 30"), seconds=3)
    assert (result.outcome, "was killed, after 3 s at the latest: begun" in result.detail) == ("failed", True)
    assert time.monotonic() - begun < 20


@EACH_SHELL
def test_one_that_talks_without_end_is_not_held_up_and_not_kept(shell: list[str], tmp_path: Path) -> None:
    path = program(tmp_path, "head -c 3000000 /dev/zero | tr '\\0' x >&2; head -c 3000000 /dev/zero; exit 4")
    what = order(COMMAND, CommandArguments(argv=(path,)), f"{RUN}.talks-{shell[0]}")
    result = told(shell, what)
    assert (result.outcome, len(result.detail) <= 400, "status 4: xxx" in result.detail) == ("failed", True, True)
    kept = sum(each.stat().st_size for each in (RECEIPTS / f"{RUN}.talks-{shell[0]}").iterdir())
    assert kept < 10_000


@EACH_SHELL
def test_what_it_leaves_in_the_background_holds_nobody_up(shell: list[str], tmp_path: Path) -> None:
    begun = time.monotonic()
    result = run(shell, program(tmp_path, "sleep 6 & echo left >&2; exit 0"))
    assert result.outcome == "changed"
    assert time.monotonic() - begun < 4


@EACH_SHELL
def test_it_runs_as_a_program_of_the_host_would(shell: list[str], tmp_path: Path) -> None:
    """Nothing on its input, files others can read, and a broken pipe ends it."""
    path = program(tmp_path, f"cat >{tmp_path}/input; umask >&2; yes | head -n 1 >/dev/null; exit 9")
    result = run(shell, path)
    assert result.detail.endswith("ended with status 9: 0022") or result.detail.endswith("status 9: 22")
    assert (tmp_path / "input").read_text() == ""


@EACH_SHELL
def test_it_is_run_once_per_token(shell: list[str], tmp_path: Path) -> None:
    path = program(tmp_path, f"echo once >>{tmp_path}/done")
    what = order(COMMAND, CommandArguments(argv=(path,)))
    assert [told(shell, what).outcome for _ in range(3)] == ["changed"] * 3
    assert (tmp_path / "done").read_text() == "once\n"


@pytest.mark.parametrize("argv", [(), ("program",), ("./program",), (4711,), ("/x", ""), ("/x", "a\x00"), ("/x",) * 65])
def test_what_no_program_can_be_given_is_refused_before_any_host_is_asked(argv: tuple[str | int, ...]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        CommandArguments(argv=argv)


def test_the_plan_shows_the_exact_words() -> None:
    told_ = CommandArguments(argv=("/usr/bin/x", "--", "a b", "$(id)", "it's", 7))
    assert COMMAND.says(told_) == "run, without a shell: /usr/bin/x -- 'a b' '$(id)' 'it'\"'\"'s' 7"
