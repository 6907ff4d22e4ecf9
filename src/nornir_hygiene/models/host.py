"""All that one probe saw on one host at one time, or why there is nothing."""

from datetime import datetime
from typing import Literal

from nornir_hygiene.models.cgroup import CgroupLayout, Freezer, PidsCgroup, PodName
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import HungReport, LockOwner, Process, Suspect
from nornir_hygiene.models.window import CpuQuota, CpuShares, CpuUse, IoUse

Reason = Literal[
    "name-not-found",
    "no-route",
    "connection-refused",
    "connect-timeout",
    "silent-listener",
    "closed-before-login",
    "host-key-unknown",
    "host-key-changed",
    "auth-failed",
    "ssh-config-unsupported",
    "ssh-failed",
    "login-hung",
    "sudo-refused",
    "cannot-fork",
    "probe-cut-short",
    "output-too-large",
    "not-a-probe-answer",
    "deadline",
    "interrupted",
    "wrong-settings",
    "not-a-recording",
    "bug",
]

Phase = Literal["queue", "lookup", "connect", "handshake", "login", "probe", "parse"]


class NotObserved(Frozen):
    """Why a host of the selection has no snapshot. Never "clean", never silently missing.

    `suspicion` is set where the failure itself says the host is sick: it connects but cannot fork or log in.
    """

    reason: Reason
    phase: Phase
    detail: str
    hint: str = ""
    suspicion: Severity | None = None


class HostFacts(Frozen):
    """Cheap facts, one read each. On a shared kernel load and procs_blocked are the machine's, not the host's."""

    boot_id: str
    kernel: str
    hostname: str
    uptime_s: float
    load: tuple[float, float, float] | None = None
    tasks_running: int | None = None
    tasks_total: int | None = None
    clk_tck: int = 100
    page_kib: int = 4
    boot_time: datetime | None = None
    procs_blocked: int | None = None
    cpus: int | None = None
    pid_max: int | None = None
    threads_max: int | None = None
    uid: int | None = None
    shell_pid: int | None = None
    cgroup_layout: CgroupLayout = "none"
    own_cgroups: tuple[str, ...] = ()


class Gap(Frozen):
    """Something the probe could not see, and why: absence of evidence is said, not passed over."""

    section: str
    why: str


class Stall(Frozen):
    """A pass over /proc that did not end: which reader, on which file of which pid, and whether the reader died.

    `abandoned` holds "pid start_ticks" of a reader that even SIGKILL did not end.
    """

    section: str
    pid: int | None
    file: str | None
    abandoned: str | None = None


class RbdDevice(Frozen):
    """A block device proven to be an rbd image: by /sys/bus/rbd, or as a loop device over an rbd-fuse mount."""

    device: str
    maj_min: str
    pool: str | None
    image: str | None
    proof: Literal["sysfs", "rbd-fuse"]
    client: str | None = None
    client_address: str | None = None
    osdc: tuple[str, ...] = ()


class CephClient(Frozen):
    """A kernel client of a Ceph cluster, `FSID.clientN`, with or without a device: what it has in flight, as told."""

    name: str
    osdc: tuple[str, ...] = ()


class BlockDevice(Frozen):
    """A block device a suspect has open, one with requests in flight, or one made of others (dm, md).

    `below` are the kernel names of the devices and partitions it is made of; `suspended` is what dm/suspended says.
    `client_pid`: who connected an nbd device, and `client` the command line if it still lives, which names the server.
    """

    name: str
    maj_min: str
    nodes: tuple[str, ...] = ()
    in_flight: tuple[int, int] | None = None
    backing_file: str | None = None
    below: tuple[str, ...] = ()
    label: str | None = None
    suspended: bool = False
    client_pid: int | None = None
    client: tuple[str, ...] = ()


class Mount(Frozen):
    """One line of /proc/self/mountinfo that matters here (rbd-fuse mounts, block devices)."""

    maj_min: str
    point: str
    fstype: str
    source: str


class FuseConnection(Frozen):
    """/sys/fs/fuse/connections/N/waiting: requests without an answer. N is the minor number of the mount (0:N)."""

    minor: int
    waiting: int


class Snapshot(Frozen):
    """What was seen on one host. Pure data: diagnosis needs nothing else."""

    taken_at: datetime
    facts: HostFacts
    processes: tuple[Process, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    suspects_left_out: int = 0
    pids_cgroups: tuple[PidsCgroup, ...] = ()
    pod_names: tuple[PodName, ...] = ()
    rbd_devices: tuple[RbdDevice, ...] = ()
    ceph_clients: tuple[CephClient, ...] = ()
    block_devices: tuple[BlockDevice, ...] = ()
    mounts: tuple[Mount, ...] = ()
    freezers: tuple[Freezer, ...] = ()
    cpu_quotas: tuple[CpuQuota, ...] = ()
    cpu_use: CpuUse | None = None
    cpu_shares: CpuShares | None = None
    io_use: IoUse | None = None
    fuse_connections: tuple[FuseConnection, ...] = ()
    lock_owners: tuple[LockOwner, ...] = ()
    hung_reports: tuple[HungReport, ...] = ()
    stalls: tuple[Stall, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = True
