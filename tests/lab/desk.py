"""A person's desk in front of the lab: a project, a history of its own, and the real commands."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ApplyReport, Plan, TargetResult

# On a slow machine an apply of the longest ladder takes its time.
_PATIENCE_S = 240


class Desk:
    """`nr` as one person uses it, from a project folder whose policy lets one person decide."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        (folder / "nr.yaml").write_text("playbooks: playbooks\n")
        (folder / "policy.yaml").write_text("approval: {disruptive: none, destructive: none}\n")
        for name in ("inventory", "tasks", "playbooks", "catalogue"):
            (folder / name).mkdir()

    def start(self, *arguments: str, python: tuple[str, ...] = ()) -> "subprocess.Popen[bytes]":
        """The command at work."""
        program = python or ("-m", "nornir_hygiene.cli.main")
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=self.folder,
            env=os.environ | {"XDG_DATA_HOME": str(self.data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def nr(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """The command, ended."""
        process = self.start(*arguments)
        out, error = process.communicate(timeout=_PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out, error)

    def plan(self, runbook: str, *selection: str) -> Plan:
        """What `nr plan` says now."""
        done = self.nr("plan", runbook, "--inventory", str(INVENTORY_DIR), "-o", "json", *selection)
        assert done.returncode in (0, 1), done.stderr.decode()
        return Plan.model_validate_json(done.stdout)

    def plans(self, *selection: str) -> dict[str, Plan]:
        """One of each runbook that is for something now, from one audit."""
        done = self.nr("plan", "--inventory", str(INVENTORY_DIR), "-o", "jsonl", *selection)
        assert done.returncode in (0, 1), done.stderr.decode()
        return {plan.runbook: plan for plan in map(Plan.model_validate_json, done.stdout.splitlines())}

    def apply(self, plan: Plan, *arguments: str) -> ApplyReport:
        """What came of it."""
        done = self.nr("apply", plan.plan_id, "--inventory", str(INVENTORY_DIR), "-o", "json", *arguments)
        assert done.returncode in (0, 4), done.stderr.decode()
        report = ApplyReport.model_validate_json(done.stdout)
        assert (done.returncode == 0) is report.well
        return report

    def refusal(self, *arguments: str) -> str:
        """What `nr` says on stderr when it will not begin."""
        done = self.nr(*arguments)
        assert done.returncode == 2, done.stderr.decode()
        return done.stderr.decode()

    def journal(self) -> list[dict[str, Any]]:
        """Every entry, oldest first."""
        query = "import sqlite3,sys,json;c=sqlite3.connect(sys.argv[1]);c.row_factory=sqlite3.Row;"
        query += "print(json.dumps([dict(r) for r in c.execute('select * from journal order by number')]))"
        path = self.data / "nornir-hygiene" / "history.sqlite"
        told: list[dict[str, Any]] = json.loads(subprocess.check_output([sys.executable, "-c", query, str(path)]))
        return told


def the_result(report: ApplyReport) -> TargetResult:
    """The only one."""
    (result,) = report.results
    return result


def steps_of(report: ApplyReport) -> list[tuple[str, str]]:
    """`(step, outcome)` of the only target, over all its rungs."""
    return [(name, told.outcome) for rung in the_result(report).rungs for name, told in rung.steps]
