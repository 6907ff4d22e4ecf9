"""The lab as one object, for tests, the demo and the command line."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from nornir_hygiene.errors import LabError, NrError
from nornir_hygiene.lab import ceph, fleet_up, needs, state, teardown
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.faults import fault_named
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import HostSpec, LabState, Planted
from nornir_hygiene.lab.processes import alive
from nornir_hygiene.lab.roster import CLEAN, WORKERS, spec_of
from nornir_hygiene.lab.turn import my_turn
from nornir_hygiene.lab.vm import fleet as vm_fleet
from nornir_hygiene.lab.vm import roster as vm_roster
from nornir_hygiene.lab.vm.host import VmHost


class Lab:
    """A running lab. All its memory is the record on disk, so any number of these may look at one lab."""

    @classmethod
    def up(cls, seed: int | None = None, *, bare: bool = False, vms: int = 0) -> "Lab":
        """Start a lab; what an earlier one left is removed first. `bare` leaves Ceph out, `vms` adds virtual hosts."""
        if not 0 <= vms <= vm_roster.MOST:
            raise LabError(f"{vms} virtual hosts are not between 0 and {vm_roster.MOST}", "give another number")
        with my_turn():
            if cls.is_up():
                raise LabError("the lab is already up", "`nr lab status` shows it, `nr lab down` ends it")
            needs.require(vms=vms > 0)
            teardown.down()
            return cls._start(
                seed if seed is not None else random.SystemRandom().randrange(1, 10**6), bare=bare, vms=vms
            )

    @classmethod
    def _start(cls, seed: int, *, bare: bool, vms: int) -> "Lab":
        say(f"seed {seed}")
        try:
            made = fleet_up.start_hosts(seed, bare=bare, vms=vms)
            if not bare:
                ceph.start(made)
            vm_fleet.await_ready(made, None if bare else ceph.conf_of(made))
            state.save(made.model_copy(update={"up": True}))
        except BaseException:
            with suppress(NrError, OSError):  # the first error is the one to tell
                teardown.down()
            raise
        return cls()

    @staticmethod
    def is_up() -> bool:
        """True if a complete lab is recorded and all its hosts run."""
        with suppress(LabError):
            known = state.load()
            if known is not None and known.up:
                main = (*(record.leader for record in known.hosts), *(record.qemu for record in known.vms))
                return all(process and alive(process) for process in main)
        return False

    @property
    def state(self) -> LabState:
        """The record as it is now."""
        return state.require()

    def host(self, name: str) -> LabHost:
        """A handle on one of the hosts, virtual or not."""
        for vm in self.state.vms:
            if vm.spec.name == name:
                return VmHost.of_vm(vm)
        spec = spec_of(name)
        return LabHost.of(next(record for record in self.state.hosts if record.spec == spec))

    def plant(self, name: str, *, host: str | None = None, twin: bool = True) -> Planted:
        """Put a fault into a host (drawn from the seed unless given), and its healthy twin into the clean one."""
        fault = fault_named(name)
        with my_turn():
            self._check(fault)
            target = self._chosen_host(fault, host) if host else self._draw_host(fault)
            if twin:
                beside = fault.needs_vm and not fault.whole_host
                self._make(fault, target.name if beside else CLEAN.name, twin=True)
            return self._make(fault, target.name, twin=False)

    def plant_for(self, name: str, hosts: Sequence[str], *, twin: bool = True) -> list[Planted]:
        """One fault that several hosts suffer from, and its healthy twin; of an OSD, for each host has its own else."""
        fault = fault_named(name)
        if fault.plant_for is None:
            raise LabError(f"{name} is of one host alone", "leave out all but one --host")
        with my_turn():
            self._check(fault)
            targets = [self._chosen_host(fault, host) for host in dict.fromkeys(hosts)]
            if twin:
                self._make(fault, CLEAN.name, twin=True)
            sites = [self._site(fault.draft(target.name, twin=False)) for target in targets]
            try:
                planted = fault.plant_for(sites)
            except BaseException:
                for site in sites:
                    with suppress(NrError, OSError):  # the first error is the one to tell
                        self._heal_one(site.draft)
                raise
            for each in planted:
                self._record(each)
            return planted

    def heal(self, planted: Planted) -> None:
        """Undo a fault exactly, and its twin with it."""
        # Inside a virtual host each command takes long, and the host has two CPUs.
        at_once = 2 if fault_named(planted.fault).needs_vm else 1
        with my_turn(), ThreadPoolExecutor(at_once) as pool:
            both = [other for other in self.state.planted if other.fault == planted.fault]
            for other, undone in [(other, pool.submit(self._undo, other)) for other in both]:
                undone.result()
                self._forget(other)

    def heal_all(self) -> list[Planted]:
        """Undo everything planted; the list of it."""
        done = [planted for planted in self.state.planted if not planted.twin]
        for planted in reversed(done):
            self.heal(planted)
        for twin in self.state.planted:  # left alone where its fault could not be planted
            self.heal(twin)
        return done

    def down(self) -> None:
        """End the lab; nothing of it stays but the cached image."""
        take_down()

    def _check(self, fault: Fault) -> None:
        if fault.needs_ceph and self.state.bare:
            raise LabError(f"{fault.name} needs ceph, which this lab was started without", "`nr lab up` without --bare")
        if fault.needs_vm and not self.state.vms:
            raise LabError(f"{fault.name} needs a virtual host, which this lab has none of", "`nr lab up --vm 1`")
        sick = [p.fault for p in self.state.planted if fault.needs_ceph and fault_named(p.fault).needs_ceph]
        if sick and sick[0] != fault.name:
            # Every block has a copy on each of the two OSDs: with both sick neither fault could be healed alone.
            raise LabError(f"{sick[0]} is planted, and only one OSD may be sick", f"`nr lab heal {sick[0]}` first")
        if any(planted.fault == fault.name for planted in self.state.planted):
            raise LabError(f"{fault.name} is planted already", f"`nr lab heal {fault.name}` first")

    def _make(self, fault: Fault, host: str, *, twin: bool) -> Planted:
        site = self._site(fault.draft(host, twin=twin))
        try:
            planted = (fault.twin if twin else fault.plant)(site)
        except BaseException:
            with suppress(NrError, OSError):  # the first error is the one to tell
                self._heal_one(site.draft)
            raise
        self._record(planted)
        return planted

    def _heal_one(self, planted: Planted) -> None:
        self._undo(planted)
        self._forget(planted)

    def _undo(self, planted: Planted) -> None:
        fault_named(planted.fault).heal(self._site(planted), planted)

    def _forget(self, planted: Planted) -> None:
        state.save(state.without_planted(self.state, planted))

    def _record(self, planted: Planted) -> None:
        state.save(state.with_planted(self.state, planted))

    def _site(self, draft: Planted) -> Site:
        return Site(draft, self.state.seed, self.host, self._record)

    def _chosen_host(self, fault: Fault, name: str) -> HostSpec:
        virtual = {vm.spec.name: vm.spec for vm in self.state.vms}
        if fault.needs_vm != (name in virtual):
            where = "only on virtual hosts" if fault.needs_vm else "only on hosts that share the machine's kernel"
            raise LabError(f"{fault.name} can be planted {where}", "leave out --host, or name another one")
        return virtual[name] if fault.needs_vm else spec_of(name)

    def _draw_host(self, fault: Fault) -> HostSpec:
        seed = self.state.seed
        if fault.needs_vm:
            return random.Random(f"{seed}:{fault.name}:vm").choice([vm.spec for vm in self.state.vms])
        order = random.Random(f"{seed}:workers").sample(WORKERS, len(WORKERS))
        return order[random.Random(f"{seed}:{fault.name}:place").choice(fault.places)]


def take_down() -> None:
    """`down`, from any state."""
    with my_turn():
        teardown.down()
