"""`nr lab demo`: a fleet, faults, two audits; what was said is compared with what was planted. The lab always ends."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.errors import ExitCode, LabError
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.expectations import COMES_AND_GOES, Verdict, judge
from nornir_hygiene.lab.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport

_OBSERVABLE = ("k8s-workers", "clean")
# The lab's thresholds are 3 s: what is younger is at most an info.
_RIPE_S = 3.5


class Act(NamedTuple):
    """Faults that can stand side by side. Only one OSD may be sick at a time: the healthy twin lives on the other."""

    title: str
    faults: tuple[str, ...]
    groups: tuple[str, ...] = _OBSERVABLE
    shown: bool = False
    # Left out of the short demo, which a person waits for.
    long: bool = False


ACTS = (
    Act(
        "a fleet in trouble",
        (
            "rbd-osd-stopped",
            "zombies",
            "zombie-blocked-parent",
            "zombie-thread-blocked",
            "orphan-leak",
            "pids-limit",
            "io-hang",
            "fuse-hang",
            "fork-exhaustion",
        ),
        (*_OBSERVABLE, "ceph", "unreachable"),
        shown=True,
    ),
    Act("an OSD that answers but serves nobody; ps hangs on a worker", ("rbd-osd-stuck", "ps-hang")),
    Act(
        "containers and processes that cannot go on",
        (
            "runtime-restarted",  # first: healthy is a runtime that is older than all containers
            "cgroup-frozen",
            "cgroup-frozen-v2",
            "container-stuck-terminating",
            "zombie-init-not-reaping",
            "init-ignores-sigterm",
            "outside-parent",
            "pids-unlimited",
            "vfork-wait",
            "stopped",
            "stopped-job",
            "traced",
            "filesystem-frozen",  # these two last: they end by themselves
            "umount-hang",
        ),
        long=True,
    ),
    Act("reading the stat file of one process hangs", ("exec-hang",)),
)


def demo(seed: int | None, *, everything: bool = False) -> list[Verdict]:
    """Bring a lab up, play the acts, take it down; the verdicts of all acts. Raises LabError if nr misbehaves."""
    acts = [act for act in ACTS if everything or not act.long]
    lab = Lab.up(seed)
    try:
        with tempfile.TemporaryDirectory(prefix="nr-demo-") as data:
            return [verdict for act in acts for verdict in _play(lab, act, Path(data))]
    finally:
        lab.down()


def _play(lab: Lab, act: Act, data: Path) -> list[Verdict]:
    say(f"act: {act.title}")
    try:
        for fault in act.faults:
            lab.plant(fault)
        time.sleep(_RIPE_S)
        first = _audit(act.groups, data, shown=act.shown)
        # Fingerprints belong to findings, so who cannot be reached need not be waited for again.
        second = _audit(_OBSERVABLE, data, shown=False)
        return [*judge(lab.state, first), _same(first, second)]
    finally:
        lab.heal_all()


def _audit(groups: tuple[str, ...], data: Path, *, shown: bool) -> AuditReport:
    """Run the real command in a process of its own; it must exit 1. The report is the one it saved."""
    command = [sys.executable, "-m", "nornir_hygiene.cli.main", "run", "audit", "--inventory", str(INVENTORY_DIR)]
    for group in groups:
        command += ["--group", group]
    command += ["--timeout", "8", "--workers", "25"]
    if shown:
        say("$ nr " + " ".join(command[3:]))
    out = None if shown else subprocess.DEVNULL
    done = subprocess.run(command, stdout=out, env=os.environ | {"XDG_DATA_HOME": str(data)}, timeout=120, check=False)
    if done.returncode != ExitCode.FINDINGS:
        raise LabError(f"nr run audit exited {done.returncode}, expected was 1")
    newest = max((data / "nornir-hygiene" / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return AuditReport.model_validate_json(newest.read_bytes())


def _same(first: AuditReport, second: AuditReport) -> Verdict:
    again = {host.host for host in second.hosts}
    left, right = _fingerprints(first, again), _fingerprints(second, again)
    wrong = tuple(sorted(left ^ right))
    return Verdict(host="all", what="audited twice", said=f"{len(left & right)} same fingerprints", wrong=wrong)


def _fingerprints(report: AuditReport, hosts: set[str]) -> set[str]:
    found = (finding for host in report.hosts if host.host in hosts for finding in host.findings)
    return {
        f"{finding.host} {finding.kind} {finding.fingerprint}" for finding in found if finding.kind != COMES_AND_GOES
    }
