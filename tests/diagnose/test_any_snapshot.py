"""Whatever a host sends: an answer, the same one each time, and no problem told twice."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings

from nornir_hygiene.diagnose import WaitCatalogue, diagnose
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import shipped_catalogue, snapshots

_SUBJECT_IS_ITS_TASKS = {
    "blocked-task", "io-hang", "rbd-io-hang", "proc-read-hang", "umount-hang", "volume-attach-hang", "fuse-hang",
    "nfs-hang", "filesystem-frozen", "cgroup-frozen",
}  # fmt: skip
_many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_many
@given(snapshots)
def test_any_snapshot_gives_ordered_findings_the_same_each_time_and_none_twice(snapshot: Snapshot) -> None:
    found = diagnose("h", snapshot, Thresholds(), shipped_catalogue())
    again = diagnose("h", Snapshot.model_validate(snapshot.model_dump()), Thresholds(), shipped_catalogue())
    assert [one.model_dump_json() for one in found] == [one.model_dump_json() for one in again]
    assert len({finding.fingerprint for finding in found}) == len(found)
    keys = [(-finding.severity.rank, finding.kind, str(finding.subject)) for finding in found]
    assert keys == sorted(keys)
    assert all(len(finding.evidence.tasks) <= min(20, finding.evidence.task_count) for finding in found)
    assert all(count == 1 for count in _waiters(found).values())


def _waiters(found: Sequence[Finding]) -> Counter[tuple[int, int | None]]:
    return Counter(
        (task.pid, task.tid)
        for finding in found
        if finding.kind in _SUBJECT_IS_ITS_TASKS
        for task in finding.evidence.tasks
        if task.stat.startswith("D") and task.role in ("", "kernel thread of the device")
    )


@_many
@given(snapshots)
def test_an_empty_catalogue_still_gives_an_answer(snapshot: Snapshot) -> None:
    diagnose("h", snapshot, Thresholds(blocked_info_s=0), WaitCatalogue())
