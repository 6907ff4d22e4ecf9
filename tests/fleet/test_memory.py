"""A thousand hosts of 500 processes through the real audit: runner, parser, diagnosis, report.

The one mock is the wire, because a thousand hosts cannot be had here: `exchange` answers from memory.
"""

import gc
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from nornir.core.inventory import Host

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.content import load_task
from nornir_hygiene.fleet import observe
from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.replay import seen_in
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import nornir_for
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import HostReport, Recording
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report.json import to_json
from tests.fleet.asking import inventory_of

HOSTS = 1000
PROCESSES = 500
MOST_ALIVE = 100
TAKEN = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


def answer(nonce: str) -> Answer:
    """500 processes, one of them hung on a disk for two minutes."""
    pids = range(1, PROCESSES + 1)
    stat = [
        f" {pid}/stat:{pid} (app-{pid}) {'D' if pid == 400 else 'S'} 1 {pid} {pid} 0 4194304 1 {pid}" for pid in pids
    ]
    waits = [f" {pid}/wchan:{'folio_wait_bit_common' if pid == 400 else 'do_epoll_wait'}" for pid in pids]
    lines = [
        f"@{nonce} begin version=1",
        f"@{nonce} host",
        " boot_id 09246baf-0f8c-42bc-aec2-fb6ceb989594",
        " kernel 6.1.0",
        " hostname fake",
        " uptime 9999.0 1.0",
        " loadavg 0 0 0 1/500 500",
        " uid 0 0 0 0",
        " shell_pid 9999",
        f"@{nonce} stat from=grep",
        *stat,
        f"@{nonce} wchan",
        *waits,
        f"@{nonce} status",
        " 400/task/400/status:Name:\tapp-400",
        " 400/task/400/status:State:\tD (disk sleep)",
        f"@{nonce} sched",
        " self/sched:se.exec_start : 200000.0",
        " 400/task/400/sched:se.exec_start : 77000.0",
        f"@{nonce} end complete=yes",
    ]
    return Answer(stdout="\n".join(lines).encode() + b"\n", exit_status=0)


@pytest.fixture
def most_alive(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many Snapshots lived at the same time, counted whenever one is made."""
    alive: set[int] = set()  # by id: two equal snapshots are two
    counts, lock = [0], threading.Lock()

    def counted(came: Answer, nonce: str) -> Snapshot | NotObserved:
        snapshot = read_answer(came, nonce)
        assert isinstance(snapshot, Snapshot)
        with lock:
            alive.add(id(snapshot))
            weakref.finalize(snapshot, alive.discard, id(snapshot))
            counts.append(len(alive))
        return snapshot

    def no_wire(_host: Host, _settings: object, asked: ProbeRequest, _deadline: object) -> Answer:
        return answer(asked.nonce)

    monkeypatch.setattr(observe, "read_answer", counted)
    monkeypatch.setattr(observe, "exchange", no_wire)
    yield counts
    gc.collect()
    assert alive == set()


@pytest.mark.timeout(300)
def test_a_thousand_hosts_are_diagnosed_with_few_snapshots_in_memory(most_alive: list[int]) -> None:
    fleet = inventory_of(Host(name=f"h{number:04}", hostname="192.0.2.1") for number in range(HOSTS))
    results = nornir_for(fleet, DeadlineRunner(num_workers=50, timeout_s=120.0)).run(task=load_task("audit"))
    reports = [result[0].result for result in results.values()]
    assert len(reports) == HOSTS
    assert all(isinstance(report, HostReport) and report.process_count == PROCESSES for report in reports)
    assert {report.findings[0].kind for report in reports} == {"blocked-task"}
    assert len(most_alive) == HOSTS + 1
    assert max(most_alive) <= MOST_ALIVE


def test_the_same_answer_gives_the_same_bytes() -> None:
    recording = Recording(
        host="h1", taken_at=TAKEN, nonce="0123456789abcdef", answer=answer("0123456789abcdef"), thresholds=Thresholds()
    )
    assert len({to_json(judged("h1", seen_in(recording))) for _ in range(5)}) == 1
