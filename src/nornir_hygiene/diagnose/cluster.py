"""What several hosts said of one Ceph cluster, put together: the monitors' map joined with each host's own OSDs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from nornir_hygiene.models.cluster import ClusterView, OsdEntry, OsdOp, OsdProcess, OsdSocket, PoolEntry


@dataclass(frozen=True)
class Osd:
    """One OSD from every side. `host`: the inventory host it was seen on, else its place in the CRUSH tree.

    `looked`: the host it lives on answered the second question, so that a missing process means there is none.
    """

    number: int
    host: str = ""
    looked: bool = False
    entry: OsdEntry | None = None
    process: OsdProcess | None = None
    socket: OsdSocket | None = None
    aged: tuple[OsdOp, ...] = ()

    def __str__(self) -> str:
        return f"osd.{self.number} on {self.host}" if self.host else f"osd.{self.number}"

    @property
    def held_up(self) -> tuple[OsdOp, ...]:
        """Aged operations it owes itself: they wait for no other OSD, are not put off, and are not done."""
        return tuple(op for op in self.aged if not op.waits_for and not op.flag_point.startswith(("delayed", "commit")))

    @property
    def waits_for(self) -> frozenset[int]:
        """The OSDs whose part of its aged writes has not come back."""
        return frozenset(osd for op in self.aged for osd in op.waits_for)


@dataclass(frozen=True)
class Cluster:
    """One cluster. `monitors`: the newest view in which they answered, with the map if any has it; None if in none."""

    fsid: str = ""
    monitors: ClusterView | None = None
    views: tuple[ClusterView, ...] = ()
    osds: dict[int, Osd] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As people call it."""
        return f"Ceph cluster {self.fsid}" if self.fsid else "the Ceph cluster"

    def pool(self, name: str | None) -> PoolEntry | None:
        """By name; None where the map is not known."""
        pools = self.monitors.pools if self.monitors else ()
        return next((pool for pool in pools if name and pool.name == name), None)

    @property
    def why_silent(self) -> str:
        """What each host was told instead of the monitors' word."""
        return "; ".join(sorted({f"{view.host}: {view.why_not}" for view in self.views if view.why_not}))


def clusters_of(views: Iterable[ClusterView]) -> tuple[Cluster, ...]:
    """One per fsid. A view without one belongs to the only cluster there is; between several it cannot be placed."""
    groups: dict[str, list[ClusterView]] = defaultdict(list)
    for view in views:
        groups[view.fsid].append(view)
    unplaced = groups.pop("", [])
    if not groups:
        return (_cluster("", unplaced),) if unplaced else ()
    if len(groups) == 1:
        (known,) = groups.values()
        known += unplaced
    return tuple(_cluster(fsid, group) for fsid, group in sorted(groups.items()))


def _cluster(fsid: str, views: list[ClusterView]) -> Cluster:
    ordered = sorted(views, key=lambda view: (view.taken_at, view.host))
    answered = [view for view in reversed(ordered) if view.answered]
    monitors = next((view for view in answered if view.osds), answered[0] if answered else None)
    return Cluster(fsid, monitors, tuple(ordered), _osds(monitors, ordered))


def _osds(monitors: ClusterView | None, views: list[ClusterView]) -> dict[int, Osd]:
    entries = {entry.osd: entry for entry in (monitors.osds if monitors else ())}
    processes = {process.osd: (view, process) for view in views for process in view.processes}
    sockets = {socket.osd: (view, socket) for view in views for socket in view.sockets if _counts(socket, processes)}
    numbers = sorted(entries.keys() | processes.keys() | sockets.keys())
    return {number: _osd(number, entries.get(number), _seen(number, processes, sockets), views) for number in numbers}


@dataclass(frozen=True)
class _Seen:
    view: ClusterView | None = None
    process: OsdProcess | None = None
    socket: OsdSocket | None = None


def _counts(socket: OsdSocket, processes: dict[int, tuple[ClusterView, OsdProcess]]) -> bool:
    """A socket that refuses is what a daemon left behind, also on a host it has long moved away from."""
    return socket.answer != "refused" or socket.osd in processes


def _seen(
    number: int,
    processes: dict[int, tuple[ClusterView, OsdProcess]],
    sockets: dict[int, tuple[ClusterView, OsdSocket]],
) -> _Seen:
    process, socket = processes.get(number), sockets.get(number)
    view = process[0] if process else socket[0] if socket else None
    return _Seen(view, process[1] if process else None, socket[1] if socket else None)


def _osd(number: int, entry: OsdEntry | None, seen: _Seen, views: list[ClusterView]) -> Osd:
    view = seen.view or _home(entry, views)
    aged_after_s = view.aged_after_s if view else 0.0
    ops = seen.socket.ops if seen.socket else ()
    return Osd(
        number=number,
        host=view.host if view else (entry.host or "" if entry else ""),
        looked=bool(seen.process) or bool(view and _whole(view)),
        entry=entry,
        process=seen.process,
        socket=seen.socket,
        aged=tuple(op for op in ops if op.of_client and op.age_s >= aged_after_s),
    )


def _home(entry: OsdEntry | None, views: list[ClusterView]) -> ClusterView | None:
    """The asked host the CRUSH tree places it on: by its own name, short or full, never by the inventory's."""
    if entry is None or not entry.host:
        return None
    short = entry.host.partition(".")[0]
    return next((view for view in views if view.hostname and view.hostname.partition(".")[0] == short), None)


def _whole(view: ClusterView) -> bool:
    """Its processes were seen, all of them."""
    unseen = {gap.section for gap in view.gaps} & {"all", "osd-pids", "osd-status", "osd-cmdline"}
    return view.not_observed is None and view.complete and not unseen
