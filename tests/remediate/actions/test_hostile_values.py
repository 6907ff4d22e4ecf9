"""Names a stranger chose for a mount point or a cgroup: whole arguments on the host, and never more."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.limit import RAISE_PIDS_LIMIT, LimitArguments
from nornir_hygiene.remediate.actions.thaw import (
    THAW_CGROUP,
    THAW_FILESYSTEM,
    CgroupArguments,
    FilesystemArguments,
)
from nornir_hygiene.remediate.perform import Order
from tests.remediate.actions.shells import SHELLS, order, told

# {} becomes a command that makes a file.
SHAPES = (
    "$({})", "`{}`", "; {}", ";{};", "| {}", "|| {}", "& {}", "&& {}", "\n{}\n", "\r\n{}\n", "' ; {} ; '", '" ; {} ; "',
    "'$({})'", '"$({})"', "'\"'; {} #", "\\'; {} #", "'\\''; {}; '", "$(\n{}\n)", "${{IFS:-$({})}}", "${{x:=$({})}}",
    "$(( $({}) ))", "<({})", ">({})", "}}\n{}\n{{", ")\n{}\n(", "fi\n{}\n", "esac\n{}\n", "EOF\n{}\n", "\x04\n{}\n",
    "-$({})", "--help;{}", "-u;{}", "-e {}", "-n $({})", "--; {}", "\\$({})", "\\`{}\\`", "\\\n{}", "!{}", "~;{}",
    "*; {}", "?$({})", "[a];{}", "{{a,b}};{}", "#\n{}", "%s$({})", "%n;{}", "\\040$({})", "\\0140{}\\0140", "\\n{}\\n",
    "\x1b[31m$({})", "\x07;{}", "\x7f`{}`", "\x01;{}", "\u202e;{}", "é$({})", "日本`{}`", "\u2028{}\u2028", "💥;{}",
    "outcome changed\n{}", "\noutcome changed\ndetail done\n;{}", "@nonce end complete=yes\n{}",
    "$0;{}", "$@;{}", "$*$({})",
)  # fmt: skip
PLAIN = (
    "", " ", "  ", "\t", "\n", "\n\n", "'", '"', "`", "\\", "\\\\", "$", "$$", "*", "?", "[", "]", "{", "}", "(", ")",
    "-", "--", "-u", "-rf", "--help", "..", "../..", "/..", "/../..", "/x/../..", "~root", "%s%s%n", "\\c",
    "nope\x1b]0;x\x07",
    "/proc/1/root/nope", "/nope\n/", "/nope\\040", "x" * 4000,
)  # fmt: skip
EVERY_CHARACTER = "".join(map(chr, range(1, 256)))


def values(canary: Path) -> list[str]:
    shaped = [shape.format(f"touch {canary}") for shape in SHAPES]
    draw = random.Random(4711)
    drawn = ["".join(draw.choices(EVERY_CHARACTER, k=60)) for _ in range(10)]
    return [value for value in (*shaped, *PLAIN, *drawn, EVERY_CHARACTER) if value]


def orders(number: int, value: str) -> tuple[Order, ...]:
    """Every other one behind the beginning of a path, so that it comes past the first look."""
    path = value if number % 2 else f"/nope/{value}"
    return (
        order(THAW_FILESYSTEM, FilesystemArguments(mountpoint=value)),
        order(THAW_CGROUP, CgroupArguments(path=path, hierarchy="1" if number % 4 < 2 else "2")),
        order(RAISE_PIDS_LIMIT, LimitArguments(path=path, limit=100)),
    )


def test_nothing_of_a_hostile_value_is_run_and_nothing_is_changed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    every = [what for number, value in enumerate(values(canary)) for what in orders(number, value)]
    assert len(every) > 300

    def carried_out(numbered: tuple[int, Order]) -> ActionResult:
        number, what = numbered
        return told(SHELLS[number // 3 % 3], what)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(carried_out, enumerate(every)))
    wrong = [
        (what.arguments, result)
        for what, result in zip(every, results, strict=True)
        if result.outcome not in ("refused", "unchanged")
    ]
    assert wrong == []
    assert not canary.exists()


@pytest.mark.parametrize("value", ["", "x" * 10_000, "a\x00b", "\udc80"])
def test_what_no_argument_can_hold_is_refused_before_any_host_is_asked(value: str) -> None:
    for make in (
        lambda: FilesystemArguments(mountpoint=value),
        lambda: CgroupArguments(path=value, hierarchy="2"),
        lambda: LimitArguments(path=value, limit=1),
    ):
        with pytest.raises(ValidationError):
            make()


def test_a_folder_that_only_looks_like_a_cgroup_is_not_written_to(tmp_path: Path) -> None:
    """Out of the hierarchy by `..`, or on a host that has none of that version."""
    (tmp_path / "freezer.self_freezing").write_text("1\n")
    (tmp_path / "pids.max").write_text("100\n")
    up = f"/../../../..{tmp_path}"
    for what in (
        order(THAW_CGROUP, CgroupArguments(path=up, hierarchy="1")),
        order(THAW_CGROUP, CgroupArguments(path=up, hierarchy="2")),
        order(RAISE_PIDS_LIMIT, LimitArguments(path=up, limit=100)),
    ):
        result = told(["dash"], what)
        assert (result.outcome, "no cgroup path" in result.detail) == ("refused", True)
    assert (tmp_path / "pids.max").read_text() == "100\n"
    assert not (tmp_path / "freezer.state").exists()
