"""What a fault is: how to plant it, its healthy twin, and how to heal both."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.lab import cgroups, loops
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Facts, Planted, Undo
from nornir_hygiene.lab.processes import end


def clear_away(site: Site, planted: Planted) -> None:
    """The common heal: watchdogs, frozen cgroups, units, mounts, loop devices, cgroups and files, in that order."""
    for watchdog in planted.undo.watchdogs:
        end(watchdog)
    for cgroup in planted.undo.cgroups:  # of several hierarchies, and what one of them has frozen none can kill
        cgroups.thaw_below(Path(cgroup))
    for unit in planted.undo.units:
        site.host.stop_unit(unit)
    for cgroup in planted.undo.cgroups:
        cgroups.clear(Path(cgroup))
        cgroups.prune(Path(cgroup).parent)
    for mount in planted.undo.mounts:
        # A daemon that a runbook restarted has mounted itself over what it left.
        site.host.run(["sh", "-c", 'while umount --lazy "$1"; do :; done', "sh", mount], check=False)
    loops.release(planted.undo.loops)
    for path in planted.undo.paths:
        site.host.run(["rm", "-rf", "--one-file-system", path])


class Fault(NamedTuple):
    """One fault by name. `kinds`: the findings an audit must come to on its host, none on the twin's."""

    name: str
    kinds: tuple[str, ...]
    plant: Callable[[Site], Planted]
    twin: Callable[[Site], Planted]
    heal: Callable[[Site, Planted], None] = clear_away
    # The same one thing behind several hosts; None where each host has a fault of its own.
    plant_for: Callable[[Sequence[Site]], list[Planted]] | None = None
    # Which of the three workers, in the order the seed shuffles them in; the first is kept for a host without a free
    # pid, which can show nothing else.
    places: tuple[int, ...] = (1, 2)
    needs_ceph: bool = False
    # Only on a virtual host. Its twin lives beside it there, unless the fault is the whole host's.
    needs_vm: bool = False
    whole_host: bool = False
    # Other faults beside it on its host, which hang and compute, would hide it.
    needs_quiet: bool = False
    may_also: tuple[str, ...] = ()
    lasts_s: float | None = None
    refuses_login: bool = False

    def draft(self, host: str, *, twin: bool) -> Planted:
        """What is to be planted, before anything is."""
        if twin:
            return Planted(fault=self.name, host=host, kinds=(), facts=Facts(), undo=Undo(), twin=True)
        return Planted(
            fault=self.name,
            host=host,
            kinds=self.kinds,
            facts=Facts(),
            undo=Undo(),
            may_also=self.may_also,
            lasts_s=self.lasts_s,
            refuses_login=self.refuses_login,
        )
