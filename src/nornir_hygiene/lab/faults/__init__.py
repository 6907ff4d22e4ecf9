"""The faults the lab can plant, by name."""

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.faults import orphans, pod, rbd, waiting, zombies
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
    ),
    Fault(
        "zombie-thread-blocked",
        ("zombie-thread-blocked",),
        waiting.plant_blocked_thread,
        waiting.twin_blocked_thread,
    ),
)


def fault_named(name: str) -> Fault:
    """The fault called `name`; LabError with the known names otherwise."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    raise LabError(f"the lab knows no fault {name!r}", "faults: " + ", ".join(fault.name for fault in FAULTS))
