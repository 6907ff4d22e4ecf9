"""The lab's vocabulary: hosts, what was planted into them, and what is recorded of it."""

from pydantic import Field

from nornir_hygiene.lab.places import MACHINE_PREFIX, SUBNET
from nornir_hygiene.models.frozen import Frozen


class HostSpec(Frozen):
    """A host of the fleet; `number` is the last part of its address."""

    name: str
    group: str
    number: int

    @property
    def address(self) -> str:
        """The host's address on the lab's bridge."""
        return f"{SUBNET}.{self.number}"

    @property
    def machine(self) -> str:
        """The name systemd-nspawn knows it by."""
        return MACHINE_PREFIX + self.name


class Process(Frozen):
    """A process of the machine; `start_ticks` tells it from a later one with the same pid."""

    pid: int
    start_ticks: int


class HostRecord(Frozen):
    """A started host. `leader` is its PID 1 as the machine sees it, None until it has booted."""

    spec: HostSpec
    lock_name: str
    leader: Process | None = None


class VmRecord(Frozen):
    """A started virtual host. `qemu` is all the machine sees of it, None until it has been started."""

    spec: HostSpec
    qemu: Process | None = None


class Facts(Frozen):
    """What an audit must say about a planted fault. Pids are those seen inside the host.

    `cause`: words that must stand in the name of the cause.
    """

    comm: str | None = None
    parent_comm: str | None = None
    parent_pid: int | None = None
    pid: int | None = None
    tid: int | None = None
    waits_for_tid: int | None = None
    server_pid: int | None = None
    pids: tuple[int, ...] = ()
    count: int | None = None
    unit: str | None = None
    device: str | None = None
    kernel_device: str | None = None
    device_number: str | None = None
    pool: str | None = None
    image: str | None = None
    osd: int | None = None
    osd_host: str | None = None
    cgroup_path: str | None = None
    cgroup_limit: int | None = None
    pod_uid: str | None = None
    container_id: str | None = None
    mountpoint: str | None = None
    cause: tuple[str, ...] = ()


class Undo(Frozen):
    """What a heal removes: units and paths inside the host, the rest on the machine."""

    units: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()
    loops: tuple[int, ...] = ()
    watchdogs: tuple[Process, ...] = ()


class Planted(Frozen):
    """A fault in a host, or (`twin`) the healthy state that looks like it. A twin expects no finding.

    `kinds` must be found, `may_also` may be found beside them. `lasts_s`: it undoes itself after that time.
    `refuses_login`: the host is not observed while it lasts.
    """

    fault: str
    host: str
    kinds: tuple[str, ...]
    facts: Facts
    undo: Undo
    twin: bool = False
    may_also: tuple[str, ...] = ()
    lasts_s: float | None = None
    refuses_login: bool = False


class Entry(Frozen):
    """An inventory entry beside the hosts: sick, unreachable or tight. `expected_reason` is None if it answers."""

    name: str
    group: str
    hostname: str
    port: int = 22
    username: str = "root"
    data: dict[str, str] = Field(default_factory=dict)
    expected_reason: str | None = None
    real_host: str | None = None


class LabState(Frozen):
    """All that is known of a lab; saved before each thing it names is made."""

    seed: int
    bare: bool
    up: bool = False
    hosts: tuple[HostRecord, ...] = ()
    vms: tuple[VmRecord, ...] = ()
    loops: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    planted: tuple[Planted, ...] = ()
