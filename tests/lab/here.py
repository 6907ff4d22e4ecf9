"""Faults in the lab, planted once for all tests about them; those that bear one another stand there together."""

import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import FAULTS, Lab, Planted
from nornir_hygiene.lab.faults import fault_named
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Facts
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import RIPE_S, audit

Group = tuple[Fault, ...]
# The one must be older than all containers, the others keep a CPU or a disk busy.
_ALONE = ("runtime-restarted", "cpu-throttled", "iowait-readers")
_GROUPS = 4


def _bears_others(fault: Fault) -> bool:
    # What may also be found of one fault would hide a false alarm about another.
    special = fault.needs_ceph or fault.refuses_login or fault.may_also or fault.lasts_s is not None
    return not special and fault.name not in _ALONE


def _groups() -> tuple[Group, ...]:
    """Dealt out like cards: those of one kind are neighbours in FAULTS, and a group has each kind once."""
    together = [fault for fault in FAULTS if _bears_others(fault)]
    dealt = (tuple(together[first::_GROUPS]) for first in range(_GROUPS))
    return (*dealt, *((fault,) for fault in FAULTS if not _bears_others(fault)))


GROUPS = _groups()


def group_with(fault: Fault) -> Group:
    """Those that are planted with it, and it."""
    return next(group for group in GROUPS if fault in group)


def about(*names: str) -> pytest.MarkDecorator:
    """The test gets each of these faults as `here`, without names every one the lab has."""
    faults = [fault_named(name) for name in names] or list(FAULTS)
    return pytest.mark.parametrize("here", faults, ids=lambda fault: fault.name, indirect=True)


def about_groups(*, with_login: bool = False) -> pytest.MarkDecorator:
    """The test gets each group as `together`."""
    groups = [group for group in GROUPS if not (with_login and any(fault.refuses_login for fault in group))]
    return pytest.mark.parametrize(
        "together", groups, ids=lambda group: " ".join(fault.name for fault in group), indirect=True
    )


def group_of(item: pytest.Item) -> Group | None:
    """What must be planted for a collected test, if it uses `here` or `together`."""
    callspec = getattr(item, "callspec", None)
    params: dict[str, Any] = callspec.params if callspec else {}
    return group_with(params["here"]) if "here" in params else params.get("together")


class Together:
    """A planted group with its twins. What changes one of them for good belongs behind what only looks."""

    def __init__(self, lab: Lab, group: Group) -> None:
        self.lab = lab
        self.group = group
        self.names_before = names_everywhere(lab)
        self.planted: dict[str, Planted] = {}
        self.refused: dict[str, LabError] = {}
        for fault in group:
            try:
                self.planted[fault.name] = lab.plant(fault.name)
            except LabError as error:
                self.refused[fault.name] = error
        self._ripe_at = time.monotonic() + RIPE_S

    def of(self, fault: Fault) -> "Here":
        """One of them; why it could not be planted is raised."""
        if fault.name in self.refused:
            raise self.refused[fault.name]
        return Here(self, fault, self.planted[fault.name])

    def each(self) -> Iterator["Here"]:
        return map(self.of, self.group)

    @property
    def stands(self) -> bool:
        """False once one of them was healed, or the lab is another."""
        there = {made.fault: made for made in self.lab.state.planted if not made.twin} if Lab.is_up() else {}
        return there == self.planted

    @cached_property
    def report(self) -> AuditReport:
        """What the real command said about them, once they were old enough; asked once."""
        time.sleep(max(0.0, self._ripe_at - time.monotonic()))
        # Behind a sick OSD the cluster is asked too, in a second round.
        patience = "25" if any(fault.needs_ceph for fault in self.group) else "10"
        return audit("--group", "k8s-workers", "--group", "clean", "--timeout", patience)

    def heal(self) -> None:
        """Undo whatever of them is left, if the lab is."""
        if Lab.is_up():
            for made in self.lab.state.planted:
                if made.fault in self.planted:
                    self.lab.heal(made)


class Ground:
    """Where groups are planted, each for the first test about it; the one before is healed then."""

    def __init__(self) -> None:
        self._now: Together | None = None

    def plant(self, lab: Lab, group: Group) -> Together:
        """The group, unless it stands there."""
        if self._now is None or self._now.group != group or not self._now.stands:
            self.clear()
            self._now = Together(lab, group)
        return self._now

    def clear(self) -> None:
        """Heal what stands."""
        if self._now is not None:
            self._now.heal()


class Here:
    """One fault of a group."""

    def __init__(self, together: Together, fault: Fault, planted: Planted) -> None:
        self.lab = together.lab
        self.together = together
        self.fault = fault
        self.planted = planted

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

    @property
    def report(self) -> AuditReport:
        return self.together.report


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
