"""The faults the lab can plant, by name."""

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import watchdog
from nornir_hygiene.lab.faults import (
    cgroup_freeze,
    containers,
    cpu_quota,
    exit_hang,
    fs_freeze,
    fuse,
    guest,
    halted,
    io_hang,
    iowait,
    no_pids,
    orphans,
    pod,
    ps_hang,
    rbd,
    runtime,
    umount_hang,
    waiting,
    zombies,
)
from nornir_hygiene.lab.faults.fault import Fault
from nornir_hygiene.lab.vm.faults import VM_FAULTS

FAULTS = (
    Fault("zombies", ("zombie-parent-not-waiting",), zombies.plant, zombies.twin),
    Fault(
        rbd.STOPPED,
        ("rbd-io-hang",),
        rbd.plant_stopped,
        rbd.twin_stopped,
        rbd.heal_stopped,
        rbd.plant_stopped_for,
        needs_ceph=True,
    ),
    Fault(
        rbd.STUCK,
        ("rbd-io-hang",),
        rbd.plant_stuck,
        rbd.twin_stuck,
        rbd.heal_stuck,
        rbd.plant_stuck_for,
        needs_ceph=True,
    ),
    Fault("pids-limit", ("pids-cgroup-saturated",), pod.plant, pod.twin),
    Fault("orphan-leak", ("orphan-leak",), orphans.plant, orphans.twin),
    Fault(
        "zombie-blocked-parent",
        ("zombie-parent-blocked",),
        waiting.plant_blocked_parent,
        waiting.twin_vfork,
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
        may_also=("blocked-task", "filesystem-frozen", "io-hang"),
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault(
        "exec-hang",
        ("proc-read-hang",),
        fuse.plant_exec,
        fuse.twin_exec,
        fuse.heal,
        may_also=("blocked-task", "fuse-hang"),
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault("io-hang", ("io-hang",), io_hang.plant, io_hang.twin, io_hang.heal),
    Fault("io-hang-thread", ("io-hang",), io_hang.plant_thread, io_hang.twin_thread, io_hang.heal),
    Fault(
        "umount-hang",
        ("umount-hang",),
        umount_hang.plant,
        umount_hang.twin,
        umount_hang.heal,
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault(
        "filesystem-frozen",
        ("filesystem-frozen",),
        fs_freeze.plant,
        fs_freeze.twin,
        fs_freeze.heal,
        lasts_s=watchdog.AFTER_S[0],
    ),
    Fault("cgroup-frozen", ("cgroup-frozen",), cgroup_freeze.plant_v1, cgroup_freeze.twin_v1),
    Fault("cgroup-frozen-v2", ("cgroup-frozen",), cgroup_freeze.plant_v2, cgroup_freeze.twin_v2),
    Fault("fuse-hang", ("fuse-hang",), fuse.plant_reader, fuse.twin_reader, fuse.heal),
    Fault("vfork-wait", ("blocked-task",), waiting.plant_vfork, waiting.twin_vfork),
    Fault(
        "container-stuck-terminating",
        ("container-stuck-terminating",),
        exit_hang.plant,
        exit_hang.twin,
        fuse.heal,
        may_also=("fuse-hang",),
    ),
    Fault("zombie-init-not-reaping", ("zombie-init-not-reaping",), containers.plant_zombies, containers.twin_zombies),
    Fault("init-ignores-sigterm", ("init-ignores-sigterm",), containers.plant_deaf, containers.twin),
    Fault("outside-parent", ("outside-parent",), containers.plant_entered, containers.twin),
    Fault("opaque-guest", ("opaque-guest",), guest.plant, guest.twin),
    Fault("pids-unlimited", ("pids-unlimited",), containers.plant_unlimited, containers.twin),
    Fault("cpu-throttled", ("cpu-throttled",), cpu_quota.plant, cpu_quota.twin),
    Fault(
        "iowait-readers",
        ("iowait-readers",),
        iowait.plant,
        iowait.twin,
        io_hang.heal,
        # The throttle is not fair: now and then it lets one reader wait for seconds, which is as long as the lab's
        # thresholds.
        may_also=("blocked-task", "io-hang"),
    ),
    Fault("runtime-restarted", ("runtime-restarted",), runtime.plant, runtime.twin),
    Fault("stopped", ("stopped",), halted.plant_stopped, halted.twin_stopped),
    Fault("stopped-job", ("stopped",), halted.plant_job, halted.twin_job),
    Fault("traced", ("traced",), halted.plant_traced, halted.twin_traced),
    Fault("fork-exhaustion", (), no_pids.plant, no_pids.twin, no_pids.heal, places=(0,), refuses_login=True),
)


def fault_named(name: str) -> Fault:
    """The fault called `name`; LabError with the known names otherwise."""
    every = (*FAULTS, *VM_FAULTS)
    for fault in every:
        if fault.name == name:
            return fault
    raise LabError(f"the lab knows no fault {name!r}", "faults: " + ", ".join(fault.name for fault in every))
