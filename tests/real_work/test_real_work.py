"""Healthy hosts at hard work, as the probe recorded them: today's code must raise no alarm about any of them."""

from functools import cache
from itertools import pairwise

import pytest

from nornir_hygiene.models.host import Snapshot
from tests.real_work.judge import alarms, snapshot_of
from tests.real_work.record import SNAPSHOTS
from tests.real_work.workload import RECORDINGS, Workload, recorded, workloads

WORKLOADS = workloads()
AT_LEAST = 300
FEWEST_PROCESSES = 10  # a bare systemd host with one login: fewer would be half a table

each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)


@cache
def snapshots_of(workload: Workload) -> tuple[Snapshot, ...]:
    return tuple(snapshot_of(recording) for recording in recorded(workload))


def names_in(snapshot: Snapshot) -> set[str]:
    return {process.comm for process in snapshot.processes}


@each_workload
def test_a_host_at_work_raises_no_alarm(workload: Workload) -> None:
    raised = [alarm for snapshot in snapshots_of(workload) for alarm in alarms(workload.name, snapshot)]
    assert [(alarm.kind, alarm.summary) for alarm in raised] == []


@each_workload
def test_each_snapshot_is_whole_and_was_taken_at_work(workload: Workload) -> None:
    snapshots = snapshots_of(workload)
    assert all(snapshot.complete and snapshot.gaps == () and snapshot.stalls == () for snapshot in snapshots)
    assert min(len(snapshot.processes) for snapshot in snapshots) >= FEWEST_PROCESSES
    assert all({"systemd", "sshd", "workload"} <= names_in(snapshot) for snapshot in snapshots)
    assert set(workload.programs) <= set().union(*map(names_in, snapshots))


@each_workload
def test_no_snapshot_stands_for_two_moments(workload: Workload) -> None:
    snapshots = snapshots_of(workload)
    uptimes_s = [snapshot.facts.uptime_s or 0.0 for snapshot in snapshots]
    assert len(snapshots) <= SNAPSHOTS
    assert min(later - earlier for earlier, later in pairwise(uptimes_s)) >= 1


def test_there_are_three_hundred_and_no_two_are_alike() -> None:
    everything = [recording for workload in WORKLOADS for recording in recorded(workload)]
    assert len(everything) >= AT_LEAST
    assert len({recording.nonce for recording in everything}) == len(everything)
    bodies = {recording.answer.stdout.replace(recording.nonce.encode(), b"") for recording in everything}
    assert len(bodies) == len(everything)


def test_every_recording_belongs_to_a_workload() -> None:
    assert {path.name for path in RECORDINGS.iterdir()} == {workload.recordings.name for workload in WORKLOADS}
