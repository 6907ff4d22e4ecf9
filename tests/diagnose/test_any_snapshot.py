"""Whatever a host sends: an answer, the same one each time, and no problem told twice."""

from collections import Counter

from hypothesis import HealthCheck, given, settings

from nornir_hygiene.diagnose import WaitCatalogue, diagnose
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import shipped_catalogue, snapshots

_SUBJECT_IS_ITS_TASKS = {"blocked-task", "io-hang", "rbd-io-hang", "proc-read-hang"}
_many = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_many
@given(snapshots)
def test_any_snapshot_gives_findings_in_one_order_and_each_fingerprint_once(snapshot: Snapshot) -> None:
    found = diagnose("h", snapshot, Thresholds(), shipped_catalogue())
    assert len({finding.fingerprint for finding in found}) == len(found)
    keys = [(-finding.severity.rank, finding.kind, str(finding.subject)) for finding in found]
    assert keys == sorted(keys)
    assert all(len(finding.evidence.tasks) <= 20 for finding in found)
    assert all(len(finding.evidence.tasks) <= finding.evidence.task_count for finding in found)


@_many
@given(snapshots)
def test_the_same_snapshot_gives_the_same_bytes(snapshot: Snapshot) -> None:
    copy = Snapshot.model_validate(snapshot.model_dump())
    first, second = (diagnose("h", one, Thresholds(), shipped_catalogue()) for one in (snapshot, copy))
    assert [one.model_dump_json() for one in first] == [one.model_dump_json() for one in second]


@_many
@given(snapshots)
def test_a_blocked_task_is_the_waiter_of_at_most_one_finding(snapshot: Snapshot) -> None:
    found = diagnose("h", snapshot, Thresholds(), shipped_catalogue())
    waiters = Counter(
        (task.pid, task.tid)
        for finding in found
        if finding.kind in _SUBJECT_IS_ITS_TASKS
        for task in finding.evidence.tasks
        if task.stat.startswith("D") and task.role in ("", "kernel thread of the device")
    )
    assert all(count == 1 for count in waiters.values())


@_many
@given(snapshots)
def test_an_empty_catalogue_still_gives_an_answer(snapshot: Snapshot) -> None:
    diagnose("h", snapshot, Thresholds(), WaitCatalogue())
