"""One fault in the lab, planted once for all tests that are about it."""

import time
from functools import cached_property

import pytest

from nornir_hygiene.lab import FAULTS, Lab, Planted
from nornir_hygiene.lab.faults import fault_named
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Facts
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import RIPE_S, audit


def about(*names: str) -> pytest.MarkDecorator:
    """The test gets each of these faults as `here`, without names every one the lab has.

    The Fault itself is the parameter: pytest keeps a fixture only for the identical object.
    """
    faults = [fault_named(name) for name in names] or list(FAULTS)
    return pytest.mark.parametrize("here", faults, ids=lambda fault: fault.name, indirect=True)


def fault_of(item: pytest.Item) -> Fault | None:
    """Which fault a collected test is about, if it uses `here`."""
    callspec = getattr(item, "callspec", None)
    fault = callspec.params.get("here") if callspec else None
    return fault if isinstance(fault, Fault) else None


class Here:
    """A planted fault with its twin. What changes them for good belongs behind what only looks."""

    def __init__(self, lab: Lab, fault: Fault) -> None:
        self.lab = lab
        self.fault = fault
        self.names_before = names_everywhere(lab)
        self.planted = lab.plant(fault.name)
        self._ripe_at = time.monotonic() + RIPE_S

    @property
    def host(self) -> LabHost:
        return self.lab.host(self.planted.host)

    @property
    def facts(self) -> Facts:
        return self.planted.facts

    @property
    def twin(self) -> Planted:
        return next(other for other in self.lab.state.planted if other.twin and other.fault == self.fault.name)

    @property
    def twin_host(self) -> LabHost:
        return self.lab.host(self.twin.host)

    @cached_property
    def report(self) -> AuditReport:
        """What the real command said about it, once it was old enough; asked once."""
        time.sleep(max(0.0, self._ripe_at - time.monotonic()))
        # Behind a sick OSD the cluster is asked too, in a second round.
        return audit("--group", "k8s-workers", "--group", "clean", "--timeout", "25" if self.fault.needs_ceph else "10")

    def heal(self) -> None:
        """Undo it, unless that is done or the lab is gone."""
        if Lab.is_up() and any(other.fault == self.fault.name for other in self.lab.state.planted):
            self.lab.heal(self.planted)


def names_everywhere(lab: Lab) -> dict[str, list[str]]:
    """Names of the processes of each host, without those that come and go with logins."""
    return {record.spec.name: names(lab.host(record.spec.name)) for record in lab.state.hosts}


def names(host: LabHost) -> list[str]:
    return sorted(task.comm for task in host.tasks() if task.comm not in ("(sd-pam)", "sleep", "sshd"))


def threads(host: LabHost) -> dict[int, tuple[int, str, str]]:
    """tid to (pid, STAT, wchan); asks for nothing that a locked memory map can hold up."""
    shown = host.run(["ps", "-eLo", "tid=,pid=,stat=,wchan:40="], timeout_s=5).stdout
    rows = (line.split() for line in shown.splitlines())
    return {int(tid): (int(pid), stat, wchan) for tid, pid, stat, wchan in rows}
