"""The faults only a host with a kernel of its own can have, by name."""

from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.vm.faults import dm, krbd, nfs, pods, whole
from nornir_hygiene.lab.vm.faults.inside import clear_away

VM_FAULTS = (
    Fault(krbd.HANG, ("rbd-io-hang",), krbd.plant, krbd.twin, krbd.heal, needs_ceph=True, needs_vm=True),
    # The twin beside it reads without a pause, and the hung task lets its CPU idle in iowait.
    Fault("dm-suspended", ("io-hang",), dm.plant, dm.twin, clear_away, may_also=("iowait-readers",), needs_vm=True),
    Fault("nfs-server-gone", ("nfs-hang",), nfs.plant, nfs.twin, clear_away, needs_vm=True),
    Fault("pids-limit-own", ("pids-cgroup-saturated",), pods.plant_own, pods.twin_own, clear_away, needs_vm=True),
    Fault("pids-limit-above", ("pids-cgroup-saturated",), pods.plant_above, pods.twin_above, clear_away, needs_vm=True),
    Fault("pod-out-of-quota", ("cpu-throttled",), pods.plant_held, pods.twin_held, clear_away, needs_vm=True),
    Fault("pod-frozen", ("cgroup-frozen",), pods.plant_frozen, pods.twin_frozen, clear_away, needs_vm=True),
    Fault(
        "load-of-the-blocked",
        ("load-from-blocked-tasks",),
        whole.plant_load,
        whole.twin_load,
        may_also=("blocked-task",),
        needs_vm=True,
        whole_host=True,
    ),
    Fault("pid-space-low", ("pid-space-low",), whole.plant_pids, whole.twin_pids, needs_vm=True, whole_host=True),
)
