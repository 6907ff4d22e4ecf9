"""`nr lab demo`: a fleet, faults, two audits; what was said is compared with what was planted. The lab always ends."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.expectations import Verdict, judge
from nornir_hygiene.lab.lab import Lab
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.run import AuditReport

_FLEET = ("k8s-workers", "ceph", "clean", "unreachable")
_OBSERVABLE = ("k8s-workers", "clean")
# The lab's thresholds are 3 s: what is younger is at most an info.
_RIPE_S = 3.5


class Act(NamedTuple):
    """Faults that can stand side by side. Only one OSD may be sick at a time: the healthy twin lives on the other."""

    title: str
    faults: tuple[str, ...]
    groups: tuple[str, ...]
    timeout_s: int
    shown: bool = False


ACTS = (
    Act(
        "a fleet in trouble",
        (
            "zombies",
            "zombie-blocked-parent",
            "zombie-thread-blocked",
            "orphan-leak",
            "pids-limit",
            "rbd-osd-stopped",
            "io-hang",
            "blocked-task",
        ),
        _FLEET,
        8,
        shown=True,
    ),
    Act("an OSD that answers but serves nobody, while ps hangs", ("rbd-osd-stuck", "ps-hang"), _OBSERVABLE, 8),
    Act("stat itself hangs", ("exec-hang",), _OBSERVABLE, 10),
    Act("no pid left for a login", ("fork-exhaustion",), _OBSERVABLE, 8),
)


def demo(seed: int | None) -> list[Verdict]:
    """Bring a lab up, play the acts, take it down; the verdicts of all acts. Raises LabError if nr misbehaves."""
    lab = Lab.up(seed)
    try:
        with tempfile.TemporaryDirectory(prefix="nr-demo-") as data:
            return [verdict for act in ACTS for verdict in _play(lab, act, Path(data))]
    finally:
        lab.down()


def _play(lab: Lab, act: Act, data: Path) -> list[Verdict]:
    say(f"act: {act.title}")
    try:
        for fault in act.faults:
            lab.plant(fault)
        time.sleep(_RIPE_S)
        first = _audit(act, data, shown=act.shown)
        second = _audit(act, data, shown=False)
        verdicts = [*judge(lab.state, first), _same(first, second)]
    finally:
        lab.heal_all()
    return verdicts


def _audit(act: Act, data: Path, *, shown: bool) -> AuditReport:
    """Run the real command in a process of its own; it must exit 1. The report is the one it saved."""
    command = [sys.executable, "-m", "nornir_hygiene.cli.main", "run", "audit", "--inventory", str(INVENTORY_DIR)]
    for group in act.groups:
        command += ["--group", group]
    command += ["--timeout", str(act.timeout_s), "--workers", "20"]
    if shown:
        say("nr " + " ".join(command[3:]))
    out = None if shown else subprocess.DEVNULL
    done = subprocess.run(command, stdout=out, env=os.environ | {"XDG_DATA_HOME": str(data)}, timeout=120, check=False)
    if done.returncode != 1:
        raise LabError(f"nr run audit exited {done.returncode}, not 1, in the act `{act.title}`")
    newest = max((data / "nornir-hygiene" / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return AuditReport.model_validate_json(newest.read_bytes())


def _same(first: AuditReport, second: AuditReport) -> Verdict:
    left, right = _fingerprints(first), _fingerprints(second)
    wrong = tuple(sorted(left ^ right))
    return Verdict(host="all", what="audited twice", said=f"{len(left & right)} same fingerprints", wrong=wrong)


def _fingerprints(report: AuditReport) -> set[str]:
    return {f"{finding.kind} {finding.fingerprint}" for host in report.hosts for finding in host.findings}
