"""A large fleet, hosts of 500 processes, through the real audit: runner, parser, diagnosis, second round, report.

The one mock is the wire, because so many hosts cannot be had here: `exchange` answers from memory.
"""

import gc
import threading
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest
from nornir.core.inventory import Group, Groups, Host, Hosts, Inventory, ParentGroups

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.content import load_task
from nornir_hygiene.fleet import causes, observe
from nornir_hygiene.fleet.causes import MAPS_ASKED, ask_cluster, causes_of, explained, hosts_to_ask
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import nornir_for
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import HostReport
from tests.fleet.large import OSDS, PROCESSES, WITH_OSDS, answer, cluster_answer

CEPH_HOSTS = 40
MOST_ALIVE = 100
# Of the second round with 40 hosts and three maps of 600 OSDs: 20 MiB at its peak. With 40 maps it was 88.
MOST_MIB = 40


class Alive:
    """How many Snapshots live, and how many did whenever one was made."""

    def __init__(self) -> None:
        self.now: set[int] = set()  # by id: two equal snapshots are two
        self.counts: list[int] = []
        self._lock = threading.Lock()

    def read(self, came: Answer, nonce: str) -> Snapshot | NotObserved:
        snapshot = read_answer(came, nonce)
        assert isinstance(snapshot, Snapshot)
        with self._lock:
            self.now.add(id(snapshot))
            weakref.finalize(snapshot, self.now.discard, id(snapshot))
            self.counts.append(len(self.now))
        return snapshot


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Alive]:
    counted = Alive()

    def no_wire(host: Host, _settings: object, asked: ProbeRequest, _deadline: object) -> Answer:
        return answer(asked.nonce, on_rbd=int(host.name[1:]) % 10 < 3)

    monkeypatch.setattr(observe, "read_answer", counted.read)
    monkeypatch.setattr(observe, "exchange", no_wire)
    yield counted
    gc.collect()
    assert counted.now == set()


@pytest.fixture
def asked_for_maps(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[bool]]:
    """Which hosts of the cluster were asked, and each time whether for the map."""
    asked: dict[str, list[bool]] = {}

    def no_wire(host: Host, _settings: object, request: ProbeRequest, _deadline: object) -> Answer:
        asked.setdefault(host.name, []).append(not request.command.endswith(" 0"))
        return cluster_answer(host.name, request)

    monkeypatch.setattr(causes, "exchange", no_wire)
    return asked


def fleet(size: int = 10) -> Inventory:
    groups = Groups({name: Group(name=name) for name in ("workers", "ceph")})

    def host(name: str, group: str) -> Host:
        return Host(name=name, hostname="192.0.2.1", groups=ParentGroups([groups[group]]))

    names = [(f"h{number:04}", "workers") for number in range(size)]
    names += [(f"ceph-{number:03}", "ceph") for number in range(CEPH_HOSTS)]
    return Inventory(Hosts({name: host(name, group) for name, group in names}), groups)


def audited(whole: Inventory) -> list[HostReport]:
    """The first round; the snapshots are gone when it returns."""
    workers = whole.filter(filter_func=lambda host, **_: host.has_parent_group("workers"))
    results = nornir_for(workers, DeadlineRunner(num_workers=50, timeout_s=120.0)).run(task=load_task("audit"))
    reports = [result[0].result for result in results.values()]
    assert all(isinstance(report, HostReport) and report.process_count == PROCESSES for report in reports)
    return reports


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", [300, pytest.param(1000, marks=pytest.mark.long)])
def test_a_large_fleet_is_diagnosed_and_correlated_with_few_snapshots_and_maps_in_memory(
    size: int, alive: Alive, asked_for_maps: dict[str, list[bool]]
) -> None:
    whole, sufferers = fleet(size), size * 3 // 10
    reports = audited(whole)
    assert Counter(report.findings[0].kind for report in reports) == {
        "rbd-io-hang": sufferers,
        "blocked-task": size - sufferers,
    }
    assert len(alive.counts) == size
    assert max(alive.counts) <= MOST_ALIVE
    gc.collect()
    assert alive.now == set()  # the second round begins with findings only

    tracemalloc.start()
    try:
        names = hosts_to_ask(whole, reports)
        views = ask_cluster(whole, names, reports, DeadlineRunner(num_workers=20, timeout_s=60.0))
        found = causes_of(reports, views)
        told = explained(reports, found)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    (cause,) = (one for one in found if one.sort == "osd")
    assert (cause.name, cause.established, len(cause.hosts)) == ("ceph-osd osd.1 on ceph-001", True, sufferers)
    assert sum(report.findings[0].cause.established for report in told) == sufferers
    assert len(views) == CEPH_HOSTS
    assert sum(len(view.osds) for view in views) == MAPS_ASKED * OSDS
    assert sum(map(sum, asked_for_maps.values())) == MAPS_ASKED
    assert peak_bytes / 2**20 < MOST_MIB


def test_where_those_asked_for_the_map_reach_no_monitor_one_that_does_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, asked_for_maps = fleet(), dict[str, list[bool]]()

    def cut_off(host: Host, _settings: object, request: ProbeRequest, _deadline: object) -> Answer:
        asked_for_maps.setdefault(host.name, []).append(not request.command.endswith(" 0"))
        came = cluster_answer(host.name, request)
        if host.name not in WITH_OSDS:
            return came
        own, _, _ = came.stdout.partition(f"@{request.nonce} status".encode())
        return Answer(stdout=own + f"@{request.nonce} status rc=1\n@{request.nonce} end complete=yes\n".encode())

    monkeypatch.setattr(causes, "exchange", cut_off)
    names = [f"ceph-{number:03}" for number in range(CEPH_HOSTS)]
    views = ask_cluster(whole, names, [], DeadlineRunner(num_workers=20, timeout_s=60.0))
    assert asked_for_maps["ceph-003"] == [False, True]
    assert [view.host for view in views if view.osds] == ["ceph-003"]
    assert {view.host for view in views if view.processes} == set(WITH_OSDS)
    assert sum(map(len, asked_for_maps.values())) == CEPH_HOSTS + 1
