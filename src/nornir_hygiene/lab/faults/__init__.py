"""The faults the lab can plant, by name."""

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.faults import rbd, zombies
from nornir_hygiene.lab.faults.fault import Fault

FAULTS = (
    Fault("zombies", ("zombie-parent-not-waiting",), zombies.plant, zombies.twin),
    Fault(rbd.STOPPED, ("rbd-io-hang",), rbd.plant_stopped, rbd.twin_stopped, rbd.heal_stopped, needs_ceph=True),
    Fault(rbd.STUCK, ("rbd-io-hang",), rbd.plant_stuck, rbd.twin_stuck, rbd.heal_stuck, needs_ceph=True),
)


def fault_named(name: str) -> Fault:
    """The fault called `name`; LabError with the known names otherwise."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    raise LabError(f"the lab knows no fault {name!r}", "faults: " + ", ".join(fault.name for fault in FAULTS))
