"""Where a fault is planted, and what the seed draws for it."""

import random
import string
from collections.abc import Callable
from typing import Any

from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Facts, Planted, Undo

_APPS = ("billing", "ledger", "ingest", "catalog", "mailer", "render", "quota", "search", "basket", "probe")
_ROLES = ("worker", "agent", "sync", "runner", "feed", "api", "job", "cron")


class Site:
    """One host, one purpose: the same seed draws the same here, whatever else is planted."""

    def __init__(self, host: LabHost, seed: int, purpose: str, lab_host: Callable[[str], LabHost]) -> None:
        self.host = host
        self.seed = seed
        self.lab_host = lab_host
        self.rng = random.Random(f"{seed}:{purpose}")

    def comm(self) -> str:
        """A program name such as `ledger-sync7`; always at most 15 characters."""
        return f"{self.rng.choice(_APPS)}-{self.rng.choice(_ROLES)}{self.rng.choice(string.digits)}"[:15]

    def unit(self, comm: str) -> str:
        """A service name that goes with a program name."""
        return f"{comm}-{self.rng.getrandbits(16):04x}"

    def start(self, program: str, arguments: dict[str, Any], *properties: str) -> "Started":
        """Start a guest program in a unit of its own under a drawn name, and wait for its report."""
        comm = self.comm()
        unit = self.unit(comm)
        arguments = {"comm": comm, "skip": self.rng.randint(3, 60), **arguments}
        self.host.start_program(unit, comm, program, arguments, *properties)
        return Started(self.host, unit, comm, self.host.report(unit))


class Started:
    """A guest program that has reported."""

    def __init__(self, host: LabHost, unit: str, comm: str, report: dict[str, Any]) -> None:
        self.unit = unit
        self.comm = comm
        self.report = report
        self.undo = Undo(units=(f"{unit}.service",), paths=(host.report_path(unit), f"/opt/{unit}"))

    def planted(self, **facts: Any) -> Planted:
        """What was planted; fault and host are filled in by the lab."""
        return Planted(fault="", host="", kinds=(), facts=Facts(unit=f"{self.unit}.service", **facts), undo=self.undo)
