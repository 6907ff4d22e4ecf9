"""Answers to the second question: recorded, cut, and invented bytes; always a view, never an exception."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.collect.cluster import cluster_request, read_cluster_answer
from nornir_hygiene.collect.request import probe_request
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.settings import HostSettings
from tests.diagnose.clusters import CASES, NONCE, recorded

STUCK = (CASES / "stuck.ceph-2.bin").read_bytes()


def read(stdout: bytes, **how: object) -> ClusterView:
    answer = Answer.model_validate({"stdout": stdout, **how})
    return read_cluster_answer(answer, NONCE, "ceph-2", 30.0)


def framed(*lines: str) -> bytes:
    """Sections as the script marks them, between its first and its last line."""
    body = "\n".join(f"@{NONCE} {line}" if not line.startswith(" ") else line for line in lines)
    return f"@{NONCE} begin ceph=1\n{body}\n@{NONCE} end complete=yes\n".encode()


def test_a_whole_answer_gives_map_pools_process_and_operations() -> None:
    view = read(STUCK)
    assert (view.answered, view.quorum, view.complete, view.gaps) == (True, ("a",), True, ())
    assert [(osd.osd, osd.host, osd.up, osd.address) for osd in view.osds][1] == (
        1,
        "ceph-2",
        True,
        view.osds[1].address,
    )
    assert [(pool.name, pool.osds) for pool in view.pools][1] == ("kube-a1", (0, 1, 2))
    (process,) = view.processes
    assert (process.osd, process.state, process.threads, process.blocked) == (1, "S", 59, 0)
    assert process.start_ticks
    (socket,) = view.sockets
    assert (socket.osd, socket.answer, socket.op_count) == (1, "answered", 2)
    assert {op.flag_point for op in socket.ops} == {"no flag points reached"}


def test_the_socket_of_a_stopped_osd_is_silent_and_not_merely_late() -> None:
    (view,) = recorded("stopped", "ceph-2")
    assert [(process.osd, process.state) for process in view.processes] == [(1, "T")]
    assert [(socket.osd, socket.answer) for socket in view.sockets] == [(1, "silent")]


def test_monitors_that_do_not_answer_cost_only_their_own_part() -> None:
    (view,) = recorded("mon-stopped", "ceph-2")
    assert (view.answered, view.why_not, view.complete) == (False, "`ceph status` failed: timed out", True)
    assert view.processes
    assert view.sockets


def test_an_answer_cut_anywhere_keeps_what_was_whole_and_says_so() -> None:
    for end in range(0, len(STUCK) - 1, 97):
        view = read(STUCK[:end], ended="lost")
        assert not view.complete
        assert view.gaps or view.not_observed
        assert not view.answered or view.fsid


def test_a_list_of_operations_that_was_cut_short_gives_those_that_are_whole() -> None:
    ops = '{"ops": [{"description": "osd_op(a 2.1 b)", "age": 40}, {"description": "osd_op(c'
    (socket,) = read(framed("socket rc=0 osd=4", f" {ops}")).sockets
    assert (socket.answer, socket.op_count, socket.cut) == ("answered", 1, True)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("socket rc=137 late=yes wait=unix_stream_read_generic osd=4",), "silent"),
        (("socket rc=137 late=yes wait=__skb_wait_for_more_packets osd=4",), "silent"),
        (("socket rc=137 late=yes wait=folio_wait_bit_common osd=4",), "unknown"),
        (("socket rc=137 late=yes wait=0 osd=4",), "unknown"),
        (("socket rc=22 osd=4", "socket-error osd=4", " admin_socket: [Errno 111] Connection refused"), "refused"),
        (("socket rc=1 osd=4", " ERROR: not a command"), "unknown"),
        (("gap section=socket why=no-ceph-command osd=4",), "unknown"),
        (("gap section=socket why=no-time-left osd=4",), "unknown"),
    ],
)
def test_only_a_question_that_was_taken_counts_as_silence(lines: tuple[str, ...], answer: str) -> None:
    assert [(socket.osd, socket.answer) for socket in read(framed(*lines)).sockets] == [(4, answer)]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("gap section=status why=no-ceph-command",), "the monitors were not asked: no-ceph-command"),
        (("status rc=137 late=yes wait=futex_wait",), "`ceph status` did not end within its deadline"),
        (
            ("status rc=1", "status-error", " [errno 13] error connecting"),
            "`ceph status` failed: [errno 13] error connecting",
        ),
        (("status rc=0", " not json"), "`ceph status` failed: exit status 0"),
    ],
)
def test_why_the_monitors_said_nothing_is_told_in_their_words(lines: tuple[str, ...], why: str) -> None:
    assert read(framed(*lines)).why_not == why


def test_the_number_of_an_osd_comes_from_its_unit_or_else_from_its_command_line() -> None:
    status = " 77/task/77/status:State:\tS (sleeping)"
    unit = " 77/cgroup:1:name=systemd:/system.slice/ceph-4dc7bf74-72a3-4b82-a992-8c207fe6fa7a@osd.12.service/container"
    (process,) = read(framed("osd-status rc=0", status, "osd-cgroup rc=0", unit)).processes
    assert (process.osd, process.unit) == (12, "ceph-4dc7bf74-72a3-4b82-a992-8c207fe6fa7a@osd.12.service")
    command = " ceph-osd\x1f--foreground\x1f--id\x1f12\x1f"
    (process,) = read(framed("osd-status rc=0", status, "osd-cmdline rc=0 pid=77", command)).processes
    assert (process.osd, process.unit) == (12, "")
    assert read(framed("osd-status rc=0", status)).processes == ()


def test_an_answer_of_somebody_else_is_a_reason_and_not_a_view() -> None:
    view = read(b"This account is closed.\n", exit_status=1)
    assert view.not_observed is not None
    assert view.not_observed.reason == "not-a-probe-answer"
    hung = read(b"", ended="deadline")
    assert hung.not_observed is not None
    assert "login-hung" in hung.why_not


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_a_bottomless_document_is_no_document(depth: int) -> None:
    nested = "[" * depth
    view = read(framed("status rc=0", f' {{"fsid": {nested}', "socket rc=0 osd=1", f' {{"ops": [{nested}'))
    assert not view.answered


@given(raw=st.binary(max_size=600), cut=st.integers(0, len(STUCK)), seed=st.integers(0, 2**32))
def test_any_bytes_give_a_view(raw: bytes, cut: int, seed: int) -> None:
    read(raw)
    read(framed("status rc=0", "socket rc=0 osd=1").replace(b"\n", b"\n" + raw.replace(b"\n", b"\n "), 2))
    mangled = bytearray(STUCK)
    for _ in range(20):
        mangled[random.Random(seed).randrange(len(mangled))] = cut % 256
    read(bytes(mangled))


def test_the_second_request_is_the_first_one_with_another_script() -> None:
    settings = HostSettings(sudo=True)
    second, first = cluster_request(settings, 20.0), probe_request(settings, 20.0)
    assert second.command.replace(second.nonce, "N") == first.command.replace(first.nonce, "N")
    assert b"dump_ops_in_flight" in second.script
