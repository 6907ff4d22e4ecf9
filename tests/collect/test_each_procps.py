"""Real faults seen through the real ps of three Debian releases and through busybox: the same kinds for each."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.settings import Thresholds
from tests.collect.roots import busybox_root, debian_root, seen_from

pytestmark = pytest.mark.lab

# procps 3.3.17, 4.0.2 and 4.0.4: before, with and after the ps whose `comm` reads command lines.
SUITES = ("bullseye", "bookworm", "trixie")
FAULTS = {
    "zombies": ({"comm": "app-test", "count": 4}, "zombie-parent-not-waiting"),
    "blocked_parent": ({"comm": "postgres-like", "count": 3}, "zombie-parent-blocked"),
    "dead_leader": ({"comm": "half dead", "blocked": True}, "zombie-thread-blocked"),
}
LAB_LIMITS = Thresholds(blocked_warning_s=3, zombie_warning_s=3)


@contextmanager
def planted(folder: Path) -> Iterator[dict[str, int]]:
    """The lab's own guest programs as processes of this machine; fault -> the pid its finding is about."""
    running = {}
    try:
        for fault, (arguments, _) in FAULTS.items():
            report = folder / f"{fault}.report"
            words = json.dumps({**arguments, "skip": 0, "report": str(report)})
            program = [sys.executable, "-m", f"nornir_hygiene.lab.guest.{fault}", words]
            running[fault] = subprocess.Popen(program, start_new_session=True)
        for fault in FAULTS:
            for _ in range(200):
                if (folder / f"{fault}.report").exists():
                    break
                time.sleep(0.05)
        time.sleep(3.5)
        reports = {fault: json.loads((folder / f"{fault}.report").read_text()) for fault in FAULTS}
        yield {fault: made.get("pid") or made["parent_pid"] for fault, made in reports.items()}
    finally:
        for process in running.values():
            end_group(process)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """The program and all it made: they share the group that was opened for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def kinds_seen(root: Path, pids: dict[str, int]) -> dict[str, str]:
    findings = diagnose("here", seen_from(root), LAB_LIMITS, catalogue())
    return {
        fault: finding.kind
        for fault, pid in pids.items()
        for finding in findings
        if finding.subject.name.startswith(f"{pid}@")
    }


def test_each_procps_and_busybox_come_to_the_same_kinds(tmp_path: Path) -> None:
    roots = {suite: debian_root(tmp_path / suite, suite) for suite in SUITES}
    roots["busybox"] = busybox_root(tmp_path / "busybox")
    expected = {fault: kind for fault, (_, kind) in FAULTS.items()}
    with planted(tmp_path) as pids:
        seen = {name: kinds_seen(root, pids) for name, root in roots.items()}
    assert seen == dict.fromkeys(roots, expected)
