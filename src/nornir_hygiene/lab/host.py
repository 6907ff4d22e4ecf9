"""One running host, reached through its namespaces: works also when its SSH or its /proc does not."""

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import run, wait_for
from nornir_hygiene.lab.furnish import GUEST_LIBRARY
from nornir_hygiene.lab.model import HostRecord, HostSpec, Process
from nornir_hygiene.lab.places import CGROUP
from nornir_hygiene.lab.processes import alive, pid_inside, pid_of, status


class Task(NamedTuple):
    """A process of a host. `pid` and `parent` as the host sees them, `outer` as the machine does."""

    pid: int
    parent: int
    outer: int
    comm: str
    state: str

    @classmethod
    def of(cls, outer: int, fields: dict[str, str]) -> "Task":
        """From the fields of its status file."""
        parent = pid_inside(int(fields["PPid"])) or 0
        return cls(pid_of(fields) or 0, parent, outer, fields["Name"], fields["State"][0])


class LabHost:
    """A handle on a started host; holds no resource, so it can be made anew at any time."""

    def __init__(self, spec: HostSpec, leader: Process) -> None:
        self.spec = spec
        self.leader = leader

    @classmethod
    def of(cls, record: HostRecord) -> "LabHost":
        """The handle of a recorded host that has booted and still runs."""
        if record.leader is None or not alive(record.leader):
            raise LabError(f"{record.spec.name} does not run", "`nr lab down`, then `nr lab up`")
        return cls(record.spec, record.leader)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The machine's command line that runs `argv` in all of the host's namespaces."""
        enter = ["nsenter", "-t", str(self.leader.pid), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"]
        return [*enter, "env", "-i", "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", *argv]

    def run(
        self, argv: Sequence[str], *, timeout_s: float = 20, check: bool = True, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside the host as its root."""
        return run(self.inside(argv), timeout_s=timeout_s, check=check, stdin=stdin)

    def path(self, inside: str) -> Path:
        """A path of the host as the machine can open it."""
        return Path(f"/proc/{self.leader.pid}/root") / inside.lstrip("/")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Put a file into the host."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def tasks(self) -> list[Task]:
        """All live processes of the host but kernel threads, read without any file that can block."""
        found = ((pid, status(pid)) for pid in sorted(cgroups.pids(self.spec.name)))
        return [Task.of(pid, fields) for pid, fields in found if fields]

    def outer_pid(self, inside: int) -> int:
        """The machine's pid of the host's process `inside`."""
        for pid in cgroups.pids(self.spec.name):
            if pid_inside(pid) == inside:
                return pid
        raise LabError(f"{self.spec.name} has no process {inside}")

    def start_unit(self, unit: str, argv: Sequence[str], *properties: str) -> None:
        """Start `argv` as a service of its own under the host's systemd."""
        options = [f"--property={text}" for text in properties]
        self.run(["systemd-run", "--quiet", f"--unit={unit}", *options, "--", *argv])

    def start_program(self, unit: str, comm: str, program: str, arguments: dict[str, Any], *properties: str) -> None:
        """Start a guest program under the name `comm`: the kernel takes it from the link that is executed."""
        link = self.program_link(unit, comm)
        self.path(link).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            self.path(link).symlink_to("/usr/bin/python3")
        settings = (f"Environment=PYTHONPATH={GUEST_LIBRARY}", "Environment=PYTHONDONTWRITEBYTECODE=1", *properties)
        words = [link, "-S", "-m", f"guest.{program}", json.dumps({**arguments, "report": self.report_path(unit)})]
        self.start_unit(unit, words, *settings)

    @staticmethod
    def program_link(unit: str, comm: str) -> str:
        """Where a started guest program seems to be installed."""
        return f"/opt/{unit}/{comm}"

    @staticmethod
    def report_path(unit: str) -> str:
        """Where a guest program reports what it has made."""
        return f"/run/{unit}.report"

    def report(self, unit: str, *, timeout_s: float = 15) -> dict[str, Any]:
        """What the guest program has made, as soon as it says so."""
        path = self.path(self.report_path(unit))
        try:
            wait_for(f"{unit} on {self.spec.name}", path.exists, timeout_s=timeout_s)
        except LabError as error:
            raise LabError(
                str(error), self.run(["journalctl", "-n", "8", "-o", "cat", "-u", unit], check=False).stdout
            ) from error
        made: dict[str, Any] = json.loads(path.read_text())
        return made

    def stop_unit(self, unit: str) -> None:
        """SIGKILL a unit and forget it; fine if it is gone already."""
        self.run(["systemctl", "kill", "--signal=KILL", unit], check=False)
        self.run(["systemctl", "stop", unit], check=False)
        self.run(["systemctl", "reset-failed", unit], check=False)

    def cgroup(self, controller: str) -> Path:
        """The host's own root cgroup in `controller`'s hierarchy, as the machine sees it."""
        tree = cgroups.tree_of(controller)
        return self.cgroup_in(tree)

    def cgroup_in(self, tree: cgroups.Hierarchy) -> Path:
        """The host's own root cgroup in one hierarchy: where its PID 1 is, above init.scope."""
        for line in Path(f"/proc/{self.leader.pid}/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if (names == "" and tree.version == 2) or (names and set(names.split(",")) == tree.controllers):
                return tree.mount / path.removesuffix("/init.scope").lstrip("/")
        return tree.mount / CGROUP / self.spec.name
