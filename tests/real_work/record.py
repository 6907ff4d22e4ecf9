"""Record workloads anew: `python -m tests.real_work.record [NAME…]`, as root on Debian. Minutes each; see README.md."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from nornir_hygiene.collect.request import probe_request
from nornir_hygiene.lab.command import say, succeeds, wait_for
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.run import Recording
from nornir_hygiene.models.settings import HostSettings
from tests.real_work.host import Host, booted, prepare
from tests.real_work.judge import alarms, snapshot_of
from tests.real_work.workload import Workload, keep, workloads

SNAPSHOTS = 20
_DEADLINE_S = 30.0


def record(workload: Workload) -> None:
    """Boot it, start the work, take the snapshots from a second to three apart, keep their bytes as they came."""
    prepare(workload)
    with booted(workload) as host:
        host.run("systemd-run --quiet --unit=workload --collect /usr/local/sbin/workload work")
        wait_for(f"{workload.name} to be at work", lambda: _at_work(host), timeout_s=180, every_s=1)
        taken = tuple(_snapshots(workload, host))
    keep(workload, taken)
    for recording in taken:
        for alarm in alarms(workload.name, snapshot_of(recording)):
            say(f"{workload.name} {recording.taken_at:%H:%M:%S} {alarm.severity} {alarm.kind}: {alarm.summary}")


def _at_work(host: Host) -> bool:
    if not succeeds(host.ssh("systemctl is-active --quiet workload")):
        raise SystemExit("the work ended early:\n" + host.run("journalctl --no-pager --lines=30 -u workload"))
    return succeeds(host.ssh("test -e /run/at-work"))


def _snapshots(workload: Workload, host: Host) -> Iterator[Recording]:
    for _ in range(SNAPSHOTS):
        time.sleep(random.uniform(1, 3))
        yield _snapshot(workload, host)
    _at_work(host)  # to the last snapshot


def _snapshot(workload: Workload, host: Host) -> Recording:
    settings = HostSettings()
    request = probe_request(settings, _DEADLINE_S)
    taken_at = datetime.now(UTC)
    done = subprocess.run(
        host.ssh(request.command), input=request.script, capture_output=True, timeout=_DEADLINE_S, check=False
    )
    answer = Answer(stdout=done.stdout, stderr_tail=done.stderr[-4096:], exit_status=done.returncode)
    return Recording(
        host=workload.name, taken_at=taken_at, nonce=request.nonce, answer=answer, thresholds=settings.thresholds
    )


def main(names: list[str]) -> None:
    """All workloads, or those that are named."""
    unknown = set(names) - {workload.name for workload in workloads()}
    if unknown:
        raise SystemExit(f"no such workload: {', '.join(sorted(unknown))}; see tests/real_work/workloads")
    for workload in workloads():
        if not names or workload.name in names:
            record(workload)


if __name__ == "__main__":
    main(sys.argv[1:])
