"""What the side of the cause said of itself (today: a Ceph cluster), and one cause behind findings of many hosts."""

from datetime import datetime
from typing import Literal

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import Gap, NotObserved


class HealthCheck(Frozen):
    """One code of `ceph health detail`, such as SLOW_OPS, with its summary and detail lines."""

    code: str
    message: str
    details: tuple[str, ...] = ()


class OsdEntry(Frozen):
    """One OSD as the cluster's map has it; `host` is its place in the CRUSH tree. The map may be minutes late."""

    osd: int
    host: str | None = None
    up: bool | None = None
    inside: bool | None = None
    address: str | None = None
    states: tuple[str, ...] = ()


class PoolEntry(Frozen):
    """One pool: the OSDs that serve its placement groups, and how many groups are in each state.

    `osds` and `pg_states` are empty where the manager did not tell.
    """

    pool: int
    name: str | None = None
    flags: tuple[str, ...] = ()
    osds: tuple[int, ...] = ()
    pg_states: tuple[tuple[str, int], ...] = ()


class OsdOp(Frozen):
    """One operation an OSD has in hand. `waits_for`: the OSDs whose part of a write has not come back.

    `flag_point` is how far it came: "no flag points reached", "queued for pg", "reached pg", "delayed", "started",
    "waiting for sub ops", "commit sent; apply or cleanup" (src/osd/OpRequest.h); `event` is the last thing noted.
    """

    description: str
    age_s: float
    flag_point: str
    event: str
    waits_for: tuple[int, ...] = ()
    pool: int | None = None

    @property
    def of_client(self) -> bool:
        """Client I/O or a replica's part of it; recovery and scrubbing may take their time."""
        return self.description.startswith(("osd_op(", "osd_repop(", "osd_sub_op(", "MOSDEC", "ec_sub_"))


SocketAnswer = Literal["answered", "silent", "refused", "unknown"]


class OsdSocket(Frozen):
    """What the admin socket of one OSD said to `dump_ops_in_flight`.

    silent: it took the question and gave no answer within the deadline. refused: a socket without a daemon.
    unknown: the host was too slow to ask, or has nothing to ask with; `detail` says which.
    """

    osd: int
    answer: SocketAnswer
    detail: str = ""
    ops: tuple[OsdOp, ...] = ()
    op_count: int | None = None
    cut: bool = False


class OsdProcess(Frozen):
    """The ceph-osd process of one OSD. `blocked`: how many threads are in D, of which a few are ordinary I/O."""

    osd: int
    pid: int
    start_ticks: int | None = None
    state: str
    wchan: str | None = None
    threads: int = 0
    blocked: int = 0
    blocked_in: tuple[str, ...] = ()
    unit: str = ""


class ClusterView(Frozen):
    """What one host of the cluster's group said: the monitors' word (`answered`), and its own OSDs.

    `not_observed` is set when the host itself gave no answer; then everything else is empty.
    """

    host: str
    taken_at: datetime
    hostname: str = ""
    answered: bool = False
    why_not: str = ""
    not_observed: NotObserved | None = None
    aged_after_s: float = 30.0
    fsid: str = ""
    quorum: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    checks: tuple[HealthCheck, ...] = ()
    osds: tuple[OsdEntry, ...] = ()
    pools: tuple[PoolEntry, ...] = ()
    pg_states: tuple[tuple[str, int], ...] = ()
    blocklist: tuple[str, ...] = ()
    blocking: tuple[int, ...] = ()
    processes: tuple[OsdProcess, ...] = ()
    sockets: tuple[OsdSocket, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = True


Sick = Literal["stopped", "stuck", "down", "network", "full", "unknown"]
CauseSort = Literal["osd", "pool", "cluster", "network", "image", "server", "export", "kernel"]


class FleetCause(Frozen):
    """The one thing behind findings of several hosts, or why it is not established.

    `sick` tells the cure: stopped is continued, stuck is restarted, down is started. `missing` names what the evidence
    does not reach, `vetoes` what forbids acting on it even so. `host` is where the inventory says it lives, `admin` one
    that reached the monitors of its cluster.
    """

    sort: CauseSort
    name: str
    sick: Sick
    established: bool
    because: str
    missing: str = ""
    vetoes: tuple[str, ...] = ()
    host: str = ""
    admin: str = ""
    osd: int | None = None
    hosts: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    restores: str = ""

    @property
    def why_not(self) -> str:
        """Why it is not established, the strongest reason first; empty if it is."""
        return "; ".join(part for part in (*self.vetoes, self.missing) if part)
