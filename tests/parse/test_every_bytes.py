"""Strict and total: any text gives a value, and what is mangled is refused rather than misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.parse.facts import cpu_count
from nornir_hygiene.parse.frames import parse_frames, text_of
from nornir_hygiene.parse.ps import parse_ps
from nornir_hygiene.parse.stat import parse_stat
from tests.parse.parsers import PARSERS

# Words that get a generator past the first checks of the parsers, mixed with anything at all.
_WORDS = st.sampled_from(
    [
        "1", "0", "4242", "-1", "max", "Ds", "Z", "(a)", ")", "(", "Sat", "Nov", "21", "31", "Feb", "17:49:25", "2026",
        "4242/stat:4242", "4242/task/4243/status:", "State:", "se.exec_start", ":", " ", "\t", "->", "/proc/1/fd:",
        "/sys/fs/cgroup/pids/a/pids.max:", "/sys/fs/cgroup/pids/a/pids.current:", "/sys/block/loop3/dev:7:3",
        "/sys/fs/cgroup/freezer/a/freezer.state:FROZEN", "/sys/fs/cgroup/a/cgroup.events:frozen", "cpus", "0-3,8",
        "/proc/uptime:1.00", "/proc/uptime:2.00", "/proc/stat:cpu", "1 2 3 4 5 6 7 8", "9 9 9 9 9 9 9 9",
        "@cpu", "@cpu-again", "@io-after", "@io-top",
        "/sys/fs/cgroup/a/cpu.max:50000 100000", "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us:0",
        "/sys/fs/cgroup/a/cpu.stat:nr_periods", "/proc/diskstats:", "/proc/pressure/io:some total=5",
        "/sys/block/dm-0/slaves/sda/dev:8:0", "/proc/7/cwd",
        "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11", "kube-system",
        "boot_id", "uptime", "7,", "b---------", " - ", "99999999999999999999", "\x00", "\x1b[31m", "\u202e", "é",
    ]
)  # fmt: skip
_LINE = st.lists(st.one_of(_WORDS, st.text(max_size=12)), max_size=14).map(" ".join)


@pytest.mark.parametrize("name", sorted(PARSERS))
@given(lines=st.lists(st.one_of(_LINE, st.binary(max_size=60).map(text_of)), max_size=12))
def test_any_lines_give_a_value(name: str, lines: list[str]) -> None:
    PARSERS[name](lines)


@given(raw=st.binary(max_size=400))
def test_any_bytes_give_frames(raw: bytes) -> None:
    frames = parse_frames(raw, "abc123")
    assert not frames.ended or frames.sections[-1].name == "end"


@given(body=st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=10))
def test_a_body_comes_back_as_it_was_and_never_as_a_marker(body: list[bytes]) -> None:
    raw = b"@abc123 stat\n" + b"".join(b" " + line + b"\n" for line in body) + b"@abc123 end complete=yes\n"
    frames = parse_frames(raw, "abc123")
    assert [section.name for section in frames.sections] == ["stat", "end"]
    assert frames.lines("stat") == [text_of(line) for line in body]


_COMM = st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=0x2FF, exclude_characters="\n"), max_size=15)


@given(pid=st.integers(1, 4194304), ticks=st.integers(0, 2**63), comm=_COMM, cut=st.booleans())
def test_no_name_can_shift_the_fields_of_a_stat_row(pid: int, ticks: int, comm: str, cut: bool) -> None:
    whole = f"S 1 {pid} {pid} 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 7 0 {ticks} 0 0"
    tail = f"S 1 {pid} {pid} 0 4194560 7 {ticks}" if cut else whole
    rows, _, refused = parse_stat([f"{pid}/stat:{pid} ({comm}) {tail}"])
    assert refused == 0
    assert (rows[0].pid, rows[0].comm, rows[0].threads, rows[0].start_ticks) == (pid, comm, 7, ticks)


@pytest.mark.parametrize(
    "line",
    [
        "452 1 Ds Sat Nov 21 17:49:25 2026 a b",
        "452 1 Ds Sat Nov 31 17:49:25 2026 x",
        "452 1 Ds Sam Nov 21 17:49:25 2026 x",
        "452 1 Ds Sat Nov 21 17:49 2026 x",
        "452 1 sD Sat Nov 21 17:49:25 2026 x",
        "-452 1 Ds Sat Nov 21 17:49:25 2026 x",
        "452 1 Ds Sat Nov 21 17:49:25 2026",
        "ps: bad -o argument 'lstart', supported arguments: user,group,comm",
    ],
)
def test_a_row_of_another_form_is_refused_and_counted(line: str) -> None:
    assert parse_ps(["PID PPID STAT STARTED WCHAN", line]) == ([], 1)


def test_dash_and_question_mark_are_no_wait_channel_but_not_the_same() -> None:
    rows, _ = parse_ps([f"7 1 S Sat Nov 21 17:49:25 2026 {wait}" for wait in ("-", "?", "__refrigerator")])
    assert [(row.wchan, row.wchan_denied) for row in rows] == [(None, False), (None, True), ("refrigerator", False)]


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 1), ("0-3", 4), ("0-3,8-11", 8), ("", None), ("3-1", None), ("0-", None), ("0-9999999", None)],
)
def test_a_list_of_cpus_is_counted_or_refused(text: str, count: int | None) -> None:
    assert cpu_count(text) == count
