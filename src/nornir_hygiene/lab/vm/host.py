"""A handle on a virtual host: the same as on the others, but everything goes through one open SSH connection."""

import json
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import run, wait_for
from nornir_hygiene.lab.furnish import GUEST_LIBRARY
from nornir_hygiene.lab.host import LabHost, Task
from nornir_hygiene.lab.model import HostSpec, VmRecord
from nornir_hygiene.lab.places import DATA_DIR, IDENTITY, KNOWN_HOSTS
from nornir_hygiene.lab.processes import alive

# Read by the shell itself where it can be: under emulation every program costs a tenth of a second.
_TASKS = 'for f in /proc/[0-9]*/stat; do read -r line <$f && echo "$line"; done 2>/dev/null'


class VmHost(LabHost):
    """Holds no resource either. Its pids are its own: the machine sees one QEMU process."""

    @classmethod
    def of_vm(cls, record: VmRecord) -> "VmHost":
        """The handle of a recorded virtual host that still runs."""
        if record.qemu is None or not alive(record.qemu):
            raise LabError(f"{record.spec.name} does not run", "`nr lab down`, then `nr lab up --vm N`")
        return cls(record.spec, record.qemu)

    def connect(self) -> None:
        """Open the connection all later commands share; it ends with the host, in whose cgroup it lives."""
        argv = ["ssh", "-M", "-N", "-f", *_options(self.spec), f"root@{self.spec.address}"]
        run(cgroups.joining(cgroups.places(self.spec.name), argv), timeout_s=60)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The machine's command line that runs `argv` inside as root."""
        plain = ["env", "-i", "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", *argv]
        return ["ssh", *_options(self.spec), f"root@{self.spec.address}", shlex.join(plain)]

    def run(
        self, argv: Sequence[str], *, timeout_s: float = 40, check: bool = True, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside the host as its root; twice the patience of the other hosts."""
        return run(self.inside(argv), timeout_s=timeout_s, check=check, stdin=stdin)

    def shell(self, script: str, *, timeout_s: float = 60, check: bool = True) -> str:
        """Run a few lines of sh inside; what they print. A failing line ends them."""
        return self.run(["sh", "-ec", script], timeout_s=timeout_s, check=check).stdout

    def path(self, inside: str) -> Path:
        """There is none: the machine sees a disk, not its files."""
        raise LabError(f"{self.spec.name}:{inside} cannot be opened from outside", "use run() or write()")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Put a file into the host."""
        put = 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"'
        self.run(["sh", "-ec", put, "sh", inside, f"{mode:o}"], stdin=text)

    def tasks(self) -> list[Task]:
        """All processes of the host, kernel threads too, from files that cannot block."""
        return [task_of(line) for line in self.run(["sh", "-c", _TASKS]).stdout.splitlines()]

    def outer_pid(self, inside: int) -> int:
        """There is none either."""
        raise LabError(f"process {inside} of {self.spec.name} is none of the machine's", "use its own pid")

    def start_program(self, unit: str, comm: str, program: str, arguments: dict[str, Any], *properties: str) -> None:
        """Start a guest program under the name `comm`, as on the other hosts."""
        link = self.program_link(unit, comm)
        self.run(["sh", "-ec", 'mkdir -p "${1%/*}" && ln -sf /usr/bin/python3 "$1"', "sh", link])
        settings = (f"Environment=PYTHONPATH={GUEST_LIBRARY}", "Environment=PYTHONDONTWRITEBYTECODE=1", *properties)
        words = [link, "-S", "-m", f"guest.{program}", json.dumps({**arguments, "report": self.report_path(unit)})]
        self.start_unit(unit, words, *settings)

    def report(self, unit: str, *, timeout_s: float = 60) -> dict[str, Any]:
        """What the guest program has made, as soon as it says so."""
        read = ["cat", self.report_path(unit)]
        told = wait_for(
            f"{unit} on {self.spec.name}", lambda: self.run(read, check=False).stdout, timeout_s=timeout_s, every_s=0.3
        )
        made: dict[str, Any] = json.loads(told)
        return made


def _options(spec: HostSpec) -> list[str]:
    known = [f"UserKnownHostsFile={KNOWN_HOSTS}", "StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=20"]
    # Nothing of the caller's own: neither his configuration nor his agent.
    shared = ["-F", "none", "-o", "IdentitiesOnly=yes", "-i", str(IDENTITY), "-S", str(_socket(spec))]
    return [*shared, *(word for option in known for word in ("-o", option))]


def _socket(spec: HostSpec) -> Path:
    return DATA_DIR / spec.name / "ssh"


def task_of(line: str) -> Task:
    """From `183 (fsck.ext4) D 181 ...`: split behind the last parenthesis, which a name may contain."""
    head, _, tail = line.rpartition(")")
    pid, _, comm = head.partition(" (")
    state, parent = tail.split()[:2]
    return Task(int(pid), int(parent), int(pid), comm, state)
