"""Runs the real command against the running lab and reads what it said."""

import subprocess
import sys
import time
from pathlib import Path

from nornir_hygiene.lab import Lab, Planted
from nornir_hygiene.lab.expectations import judge
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport, HostReport

# The lab's thresholds are 3 s.
RIPE_S = 3.5


def nr(
    *arguments: str, timeout_s: float = 60, python: str = sys.executable, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [python, "-m", "nornir_hygiene.cli.main", *arguments],
        capture_output=True,
        timeout=timeout_s,
        check=False,
        cwd=cwd,
    )


def audit(*arguments: str, inventory: Path | str = INVENTORY_DIR, python: str = sys.executable) -> AuditReport:
    done = nr("run", "audit", "--inventory", str(inventory), "-o", "json", *arguments, python=python)
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    return AuditReport.model_validate_json(done.stdout)


def host_of(report: AuditReport, name: str) -> HostReport:
    return next(host for host in report.hosts if host.host == name)


def planted_and_ripe(lab: Lab, *faults: str, host: str | None = None) -> list[Planted]:
    planted = [lab.plant(fault, host=host) for fault in faults]
    time.sleep(RIPE_S)
    return planted


def assert_as_planted(lab: Lab, report: AuditReport) -> None:
    wrong = [verdict for verdict in judge(lab.state, report) if verdict.wrong]
    assert wrong == []
