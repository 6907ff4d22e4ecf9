"""Where a fault is planted, what the seed draws for it, and what must be undone: promised before it is done."""

import random
import string
from collections.abc import Callable
from typing import Any

from nornir_hygiene.lab import cgroups, watchdog
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Facts, Planted, Undo

_APPS = ("billing", "ledger", "ingest", "catalog", "mailer", "render", "quota", "search", "basket", "probe")
_ROLES = ("worker", "agent", "sync", "runner", "feed", "api", "job", "cron")


class Site:
    """One host, one purpose: the same seed draws the same here, whatever else is planted."""

    def __init__(
        self, draft: Planted, seed: int, host_named: Callable[[str], LabHost], record: Callable[[Planted], object]
    ) -> None:
        self.draft = draft
        self.seed = seed
        self.host = host_named(draft.host)
        self.host_named = host_named
        twin = ":twin" if draft.twin else ""  # it may stand beside the fault, on the same host
        self.rng = random.Random(f"{seed}:{draft.fault}@{draft.host}{twin}")
        self._record = record

    def promise(self, undo: Undo, **facts: Any) -> None:
        """Put on record what a heal must remove, before it exists: planting may be killed half way."""
        known = self.draft.undo
        joint = {name: (*getattr(known, name), *getattr(undo, name)) for name in Undo.model_fields}
        told = self.draft.facts.model_copy(update=facts)
        self.draft = self.draft.model_copy(update={"undo": Undo(**joint), "facts": told})
        self._record(self.draft)

    def guard(self, *, thaw: tuple[str, ...] = (), kill: tuple[int, ...] = ()) -> None:
        """Two watchdogs, in cgroups by which they are found even if we are killed before we know who they are."""
        name = f"_watchdogs-{self.draft.fault}-{self.draft.host}"
        self.promise(Undo(cgroups=tuple(map(str, cgroups.places(name)))))
        self.promise(Undo(watchdogs=watchdog.set_guards(name, thaw=thaw, kill=kill)))

    def planted(self, **facts: Any) -> Planted:
        """The fault as it now is, with what an audit must say about it."""
        told = Facts(**{**self.draft.facts.model_dump(), **facts})
        return self.draft.model_copy(update={"facts": told})

    def comm(self) -> str:
        """A program name such as `ledger-sync7`; always at most 15 characters."""
        return f"{self.rng.choice(_APPS)}-{self.rng.choice(_ROLES)}{self.rng.choice(string.digits)}"[:15]

    def start(self, program: str, arguments: dict[str, Any], *properties: str, name: str | None = None) -> "Started":
        """Start a guest program in a unit of its own under a drawn name, and wait for its report."""
        comm = name or self.comm()
        unit = f"{comm}-{self.rng.getrandbits(16):04x}"
        paths = (self.host.report_path(unit), f"/opt/{unit}")
        self.promise(Undo(units=(f"{unit}.service",), paths=paths), unit=f"{unit}.service")
        arguments = {"comm": comm, "skip": self.rng.randint(3, 60), **arguments}
        self.host.start_program(unit, comm, program, arguments, *properties)
        return Started(unit, comm, self.host.report(unit))


class Started:
    """A guest program that has reported."""

    def __init__(self, unit: str, comm: str, report: dict[str, Any]) -> None:
        self.unit = unit
        self.comm = comm
        self.report = report
