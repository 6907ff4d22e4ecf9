"""The faults the lab can plant, by name."""

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import watchdog
from nornir_hygiene.lab.faults import fuse, io_hang, no_pids, orphans, pod, ps_hang, rbd, waiting, zombies
from nornir_hygiene.lab.faults.fault import Fault

FAULTS = (
    Fault("zombies", ("zombie-parent-not-waiting",), zombies.plant, zombies.twin),
    Fault(rbd.STOPPED, ("rbd-io-hang",), rbd.plant_stopped, rbd.twin_stopped, rbd.heal_stopped, needs_ceph=True),
    Fault(rbd.STUCK, ("rbd-io-hang",), rbd.plant_stuck, rbd.twin_stuck, rbd.heal_stuck, needs_ceph=True),
    Fault("pids-limit", ("pids-cgroup-saturated",), pod.plant, pod.twin),
    Fault("orphan-leak", ("orphan-leak",), orphans.plant, orphans.twin),
    Fault(
        "zombie-blocked-parent",
        ("zombie-parent-blocked",),
        waiting.plant_blocked_parent,
        waiting.twin_blocked_parent,
        may_also=("blocked-task",),
    ),
    Fault(
        "zombie-thread-blocked",
        ("zombie-thread-blocked",),
        waiting.plant_blocked_thread,
        waiting.twin_blocked_thread,
        may_also=("blocked-task",),
    ),
    Fault(
        "ps-hang",
        ("proc-read-hang",),
        ps_hang.plant,
        ps_hang.twin,
        ps_hang.heal,
        may_also=("blocked-task", "io-hang"),
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault(
        "exec-hang",
        ("proc-read-hang",),
        fuse.plant_exec,
        fuse.twin_exec,
        fuse.heal,
        may_also=("blocked-task",),
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault("io-hang", ("io-hang",), io_hang.plant, io_hang.twin, io_hang.heal),
    Fault("blocked-task", ("blocked-task",), fuse.plant_reader, fuse.twin_reader, fuse.heal),
    Fault("fork-exhaustion", (), no_pids.plant, no_pids.twin, no_pids.heal, places=(0,), refuses_login=True),
)


def fault_named(name: str) -> Fault:
    """The fault called `name`; LabError with the known names otherwise."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    raise LabError(f"the lab knows no fault {name!r}", "faults: " + ", ".join(fault.name for fault in FAULTS))
