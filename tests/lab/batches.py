"""Faults of a virtual host that stand there together and are audited once: under emulation each audit takes a while."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import Lab, Planted
from nornir_hygiene.lab.expectations import Verdict, judge
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.models.run import AuditReport
from tests.kinds_table import Proof
from tests.lab.audits import RIPE_S, audit
from tests.lab.proofs import proofs_of

Batch = tuple[Fault, ...]
# Of twice as many the probe sees 440 processes on two busy emulated CPUs: in 40 s it does not come to its end.
AT_MOST = 6


def batches(faults: Iterable[Fault]) -> tuple[Batch, ...]:
    """Those that bear one another, a few at a time, then each of the others by itself."""
    every = tuple(faults)
    together = [fault for fault in every if _bears_others(fault)]
    few = (tuple(together[place : place + AT_MOST]) for place in range(0, len(together), AT_MOST))
    return (*few, *((fault,) for fault in every if not _bears_others(fault)))


def _bears_others(fault: Fault) -> bool:
    # Of two that need Ceph only one can be planted, and one that ends by itself has ended before the last is planted.
    return not (fault.whole_host or fault.needs_quiet or fault.needs_ceph) and fault.lasts_s is None


class Seen(NamedTuple):
    """What one audit said of a batch, and who of it could not even be planted."""

    planted: dict[str, Planted]
    refused: dict[str, LabError]
    report: AuditReport
    verdicts: tuple[Verdict, ...]

    def proofs_of(self, fault: Fault) -> list[Proof]:
        """The proofs of one of them; why it could not be planted is raised."""
        if fault.name in self.refused:
            raise self.refused[fault.name]
        return list(proofs_of(self.planted[fault.name], self.report, self.verdicts))

    @property
    def false_alarms(self) -> list[Verdict]:
        """What nobody has planted."""
        return [verdict for verdict in self.verdicts if verdict.what == "false alarm"]


class Stage:
    """The virtual host of a lab. A batch is planted, audited and healed for the first test that asks, and once."""

    def __init__(self, lab: Lab, *options: str) -> None:
        self._lab = lab
        self._options = options
        self._seen: dict[Batch, Seen | None] = {}

    def play(self, batch: Batch) -> Seen:
        """What was seen of it."""
        if batch not in self._seen:
            self._seen[batch] = None
            self._seen[batch] = self._play(batch)
        seen = self._seen[batch]
        assert seen is not None, "this batch was not audited: the first test of it says why"
        return seen

    def _play(self, batch: Batch) -> Seen:
        planted: dict[str, Planted] = {}
        refused: dict[str, LabError] = {}
        try:
            for fault in batch:
                try:
                    planted[fault.name] = self._lab.plant(fault.name)
                except LabError as error:
                    refused[fault.name] = error
            time.sleep(RIPE_S)
            report = audit("--group", "vms", "--group", "clean", *self._options)
            return Seen(planted, refused, report, judge(self._lab.state, report))
        finally:
            self._lab.heal_all()
