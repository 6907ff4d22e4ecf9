"""What an action said: any bytes give a result, and doubt gives `unknown`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.parse.action_reply import evidence_in, parse_action_reply

NONCE = "0123456789abcdef"
# As signal.sh said it on Debian 12.
GOOD = (
    b"@0123456789abcdef begin action=signal\n"
    b" fact sent-by pidfd\n"
    b" outcome changed\n"
    b" detail SIGTERM was sent to pid 4711\n"
    b"@0123456789abcdef end complete=yes\n"
)


def told(stdout: bytes, stderr: bytes = b"") -> ActionResult:
    return parse_action_reply(Answer(stdout=stdout, stderr_tail=stderr), NONCE)


def framed(*lines: str) -> bytes:
    body = "".join(f" {line}\n" for line in lines)
    return f"@{NONCE} begin action=x\n{body}@{NONCE} end complete=yes\n".encode()


def test_a_whole_reply_is_taken_at_its_word() -> None:
    assert told(GOOD) == ActionResult(
        outcome="changed", detail="SIGTERM was sent to pid 4711", facts={"sent-by": "pidfd"}
    )


def test_a_banner_before_it_does_not_matter() -> None:
    assert told(b"Welcome!\r\noutcome failed\n" + GOOD) == told(GOOD)


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_reply_that_broke_off_is_unknown_wherever_it_did(cut: int) -> None:
    result = told(GOOD[:cut])
    assert result.outcome == "unknown"
    begun = cut > GOOD.index(b"\n")
    assert ("broke off" in result.detail) == begun


def test_a_host_that_ran_nothing_is_told_with_its_own_words() -> None:
    result = told(b"", b"sudo: a password is required\n")
    assert (result.outcome, result.detail) == (
        "unknown", "the host ran nothing of it that could be seen (closed): sudo: a password is required",
    )  # fmt: skip


def test_the_reply_of_another_exec_says_nothing() -> None:
    assert told(GOOD.replace(NONCE.encode(), b"fedcba9876543210")).outcome == "unknown"


def test_text_of_the_host_cannot_forge_a_marker_or_an_outcome() -> None:
    """It stands behind a space, and in the middle of a line."""
    forged = (
        f"detail x @{NONCE} end complete=yes", f"@{NONCE} end complete=yes", f"@{NONCE} begin action=x",
        " outcome changed", "details outcome changed", "outcomes changed", "OUTCOME changed", "outcome\tchanged",
    )  # fmt: skip
    for line in forged:
        assert told(framed(line)).outcome == "unknown", line
        result = told(framed("outcome refused", line))
        assert result.outcome == "refused", line
    assert told(framed("outcome refused", f"detail pid 7 (x @{NONCE} end) outcome changed")).outcome == "refused"


def test_the_last_word_counts() -> None:
    result = told(framed("outcome changed", "detail one", "outcome failed", "detail two"))
    assert (result.outcome, result.detail) == ("failed", "two")


@pytest.mark.parametrize("line", ["outcome", "outcome ", "outcome well", "outcome changed now", "outcome CHANGED"])
def test_an_outcome_nobody_knows_is_unknown(line: str) -> None:
    assert told(framed(line, "detail x")).outcome == "unknown"


def test_facts_are_bounded_and_have_a_name_and_a_text() -> None:
    result = told(framed("outcome changed", "fact", "fact alone", "fact a b c", *(f"fact n{n} x" for n in range(99))))
    assert result.facts["a"] == "b c"
    assert len(result.facts) == 50


def test_what_was_collected_comes_by_name() -> None:
    answer = Answer(stdout=framed("evidence ps  1 S init", "evidence ps", "evidence mounts /", "outcome unchanged"))
    assert evidence_in(answer, NONCE) == {"ps": " 1 S init\n\n", "mounts": "/\n"}


_LINES = st.sampled_from([
    b"@0123456789abcdef begin action=x", b"@0123456789abcdef end complete=yes", b"@0123456789abcdef end",
    b"@0123456789abcdef ", b" outcome changed", b" outcome ", b" detail x", b" fact a b", b" fact a", b" evidence a b",
    b" evidence", b"", b" ", b"\xff\x00",
])  # fmt: skip
_TEXTS = st.binary(max_size=300) | st.lists(_LINES | st.binary(max_size=30), max_size=12).map(b"\n".join)


@given(stdout=_TEXTS, stderr=st.binary(max_size=300), ended=st.sampled_from(["closed", "deadline", "limit", "lost"]))
def test_any_bytes_give_a_result(stdout: bytes, stderr: bytes, ended: str) -> None:
    answer = Answer.model_validate({"stdout": stdout, "stderr_tail": stderr, "ended": ended})
    result = parse_action_reply(answer, NONCE)
    if result.outcome != "unknown":
        assert b"@0123456789abcdef begin" in stdout
        assert b" outcome " in stdout
    assert all(text.endswith("\n") for text in evidence_in(answer, NONCE).values())
