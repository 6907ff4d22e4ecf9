"""Readers of /proc hang on the host: the audit does not, names the pid, and leaves no reader behind."""

import time

import pytest

from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.host import LabHost
from tests.lab.audits import RIPE_S, audit, host_of

pytestmark = pytest.mark.lab


def readers_left(lab: Lab, host: str) -> list[str]:
    """Processes of the host that the probe could have left: its readers and its shell."""
    names = {"grep", "awk", "ls", "sleep", "sed", "sh", "find"}
    started_by_ssh = [task for task in lab.host(host).tasks() if task.comm in names and task.parent == 1]
    return [f"{task.pid} {task.comm} {task.state}" for task in started_by_ssh]


def test_three_audits_in_a_row_name_the_pids_and_no_reader_accumulates(lab: Lab) -> None:
    both = [lab.plant("ps-hang", host="worker-1"), lab.plant("exec-hang", host="worker-2")]
    before = {planted.host: readers_left(lab, planted.host) for planted in both}
    time.sleep(RIPE_S)
    for _ in range(3):
        report = audit("--host", "worker-1", "--host", "worker-2", "--timeout", "10")
        for planted in both:
            host = host_of(report, planted.host)
            assert host.not_observed is None
            assert host.complete
            assert host.took_s < 10
            hang = next(finding for finding in host.findings if finding.kind == "proc-read-hang")
            assert f"{planted.facts.pid}" in hang.subject.name
            assert readers_left(lab, planted.host) == before[planted.host]
    for planted in both:
        host_itself = lab.host(planted.host)
        assert not list(host_itself.path("/run").glob("nornir-hygiene.*"))
        read_until_the_watchdog_has_ended_it(host_itself, planted.facts.pid)


def read_until_the_watchdog_has_ended_it(host: LabHost, pid: int | None) -> None:
    for words in (["ps", "aux"], ["cat", f"/proc/{pid}/stat"]):
        host.run(["timeout", "-s", "KILL", "30", *words], timeout_s=31)
