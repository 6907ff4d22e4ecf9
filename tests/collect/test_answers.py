"""Recorded answers of real lab hosts, whole, cut, mangled and invented: always a value, never an exception."""

import random
import tracemalloc
from pathlib import Path

import pytest

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.host import NotObserved, Snapshot

NONCE = "0123456789abcdef"
CASES = Path(__file__).with_name("cases")
HANG = (CASES / "worker-rbd-hang.bin").read_bytes()


def read(stdout: bytes, **how: object) -> Snapshot | NotObserved:
    return read_answer(Answer.model_validate({"stdout": stdout, **how}), NONCE)


def test_the_hung_fsck_is_seen_with_device_image_age_and_stack() -> None:
    seen = read(HANG)
    assert isinstance(seen, Snapshot)
    hung = next(suspect for suspect in seen.suspects if any(link.target == "/dev/rbd0" for link in suspect.fds))
    assert hung.leader is not None
    assert (hung.leader.state, hung.leader.wchan) == ("D", "folio_wait_bit_common")
    assert hung.leader.last_ran_age_s == pytest.approx(305.14)
    assert "blkdev_read_iter" in hung.leader.stack
    assert [(rbd.device, rbd.pool, rbd.image, rbd.proof) for rbd in seen.rbd_devices] == [
        ("/dev/rbd0", "volumes-a87", "csi-vol-8440c1f5", "rbd-fuse")
    ]
    assert seen.complete
    assert seen.gaps == ()
    assert seen.facts.pid_max == 4194304


def test_an_answer_cut_anywhere_is_never_a_complete_snapshot() -> None:
    for end in range(0, len(HANG) - 1, 7):
        seen = read(HANG[:end], ended="lost")
        if isinstance(seen, Snapshot):
            assert not seen.complete
            assert any("probe-cut-short" in gap.why for gap in seen.gaps), end
        else:
            assert seen.reason == "probe-cut-short"


@pytest.mark.parametrize(
    ("how", "reason", "suspicion"),
    [
        ({"stdout": b"", "ended": "deadline"}, "login-hung", Severity.CRITICAL),
        ({"stdout": b"x" * 999, "ended": "limit"}, "output-too-large", None),
        ({"stdout": b"", "stderr_tail": b"sh: 1: Cannot fork\n", "exit_status": 2}, "cannot-fork", Severity.CRITICAL),
        ({"stdout": b"", "stderr_tail": b"sudo: a password is required\n", "exit_status": 1}, "sudo-refused", None),
        ({"stdout": b"This account is closed.\n", "exit_status": 1}, "not-a-probe-answer", None),
        ({"stdout": b"banner\n" * 9, "ended": "deadline"}, "deadline", None),
        ({"stdout": b"", "ended": "lost"}, "probe-cut-short", None),
    ],
)
def test_an_answer_without_a_table_says_why(how: dict[str, object], reason: str, suspicion: Severity | None) -> None:
    seen = read_answer(Answer.model_validate(how), NONCE)
    assert isinstance(seen, NotObserved)
    assert (seen.reason, seen.suspicion) == (reason, suspicion)
    assert seen.detail


def test_a_table_from_status_alone_has_no_start_ticks_to_act_on() -> None:
    whole = HANG.decode()
    head = whole[: whole.index(f"@{NONCE} stat")]
    rows = " /proc/1/status:Name:\tinit\n /proc/1/status:State:\tS (sleeping)\n /proc/1/status:PPid:\t0\n"
    seen = read(f"{head}@{NONCE} status-only why=cannot-fork\n{rows}@{NONCE} end complete=no\n".encode())
    assert isinstance(seen, Snapshot)
    assert not seen.complete
    assert [(row.pid, row.comm, row.start_ticks) for row in seen.processes] == [(1, "init", None)]


def test_a_flood_after_the_answer_does_not_lose_it_and_is_told() -> None:
    seen = read(HANG + b"x" * 100_000, ended="limit")
    assert isinstance(seen, Snapshot)
    assert not seen.complete
    assert "output-too-large" in seen.gaps[0].why


def test_who_was_born_between_the_two_passes_or_moved_is_not_taken_for_stuck() -> None:
    born = b" 4712 1 Z Sat Nov 21 19:48:53 2026 -\n"
    raw = HANG.replace(b" WCHAN\n", b" WCHAN\n" + born)
    assert raw != HANG
    seen = read(raw)
    assert isinstance(seen, Snapshot)
    assert 4712 not in {process.pid for process in seen.processes}


@pytest.mark.parametrize("seen_again_in_status", [True, False])
def test_who_ended_between_the_table_and_the_closer_look_is_not_reported(seen_again_in_status: bool) -> None:
    row = b" 4711/stat:4711 (short) Z 1 4711 4711 0 4194560 1 149732\n"
    raw = HANG.replace(b" stat from=grep\n", b" stat from=grep\n" + row).replace(b" choice\n", b" choice\n 4711 z\n")
    if seen_again_in_status:
        status = b" 4711/task/4711/status:Name:\tshort\n 4711/task/4711/status:State:\tZ (zombie)\n"
        raw = raw.replace(b" status\n", b" status\n" + status)
    seen = read(raw)
    assert isinstance(seen, Snapshot)
    pids = {process.pid for process in seen.processes}
    assert 4711 not in pids | {suspect.pid for suspect in seen.suspects}
    assert 84 in pids


def test_the_probe_does_not_report_itself() -> None:
    seen = read(HANG)
    assert isinstance(seen, Snapshot)
    assert f" {seen.facts.shell_pid}/stat:".encode() in HANG
    assert seen.facts.shell_pid not in {process.pid for process in seen.processes}
    assert seen.facts.shell_pid not in {process.ppid for process in seen.processes}


_HOSTILE_WORDS = (
    b"\x1b[2J\x1b]0;owned\x07", b"\x00", b"\xff\xfe", "\u202e".encode(), b"\n", b" ", b"@" + NONCE.encode() + b" ",
    b"@" + NONCE.encode() + b" end complete=yes\n", b"@" + NONCE.encode() + b" stat\n", b"9" * 40, b"-1", b")", b"(",
    b"boot_id ", b"/proc/1/status:State:\t", b"[<0>] ", b"se.exec_start : nan", b"A" * 9000, b"{{ 7*7 }}", b"%n%s",
    b"$(reboot)", b"'; DROP TABLE runs; --", b"../../../etc/passwd", b"<script>alert(1)</script>", b"[bold red]x[/]",
)  # fmt: skip


def mangled(rng: random.Random) -> bytes:
    """The recorded answer with some bytes, words or lines replaced, moved, doubled or dropped."""
    raw = bytearray(HANG)
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(raw))
        length = rng.choice((0, 1, 8, 200))
        raw[at : at + length] = rng.choice(
            (rng.choice(_HOSTILE_WORDS), rng.randbytes(length), raw[at // 2 : at // 2 + 60])
        )
    return bytes(raw)


def test_ten_thousand_random_answers_give_a_value_each() -> None:
    rng = random.Random(20261121)
    for number in range(10_000):
        raw = rng.randbytes(rng.randrange(200)) if number % 10 == 0 else mangled(rng)
        assert isinstance(read(raw, ended=rng.choice(("closed", "deadline", "limit", "lost"))), Snapshot | NotObserved)


def by_hand() -> list[bytes]:
    """Two hundred hostile answers: each word in the place of each section's first body line."""
    lines = HANG.split(b"\n")
    marks = [index for index, line in enumerate(lines) if line.startswith(b"@")]
    chosen = [marks[0], *marks[2:9]]
    made = [
        b"\n".join([*lines[: mark + 1], b" " + word, *lines[mark + 1 :]]) for word in _HOSTILE_WORDS for mark in chosen
    ]
    return [*made[:200]]


def test_two_hundred_hostile_answers_give_a_value_each_and_forge_no_marker() -> None:
    answers = by_hand()
    assert len(answers) == 200
    for raw in answers:
        seen = read(raw)
        assert isinstance(seen, Snapshot | NotObserved)


def test_a_huge_answer_costs_bounded_memory() -> None:
    head = HANG[: HANG.index(f"@{NONCE} kernel".encode())]
    flood = head + b" \n" * (8 * 1024 * 1024)
    tracemalloc.start()
    try:
        read(flood, ended="limit")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 120 * 1024 * 1024
