"""What can be said of a hang when no OSD is sick by its own looks. Never more than a suspicion."""

from dataclasses import dataclass

from nornir_hygiene.diagnose.cluster import Cluster, Osd
from nornir_hygiene.diagnose.hung_clients import HungClient
from nornir_hygiene.diagnose.vetoes import group_states, is_active, is_full
from nornir_hygiene.models.cluster import CauseSort, Sick


@dataclass(frozen=True)
class Suspicion:
    """A thing to look at, why, and what is missing to be sure."""

    sort: CauseSort
    name: str
    because: str
    missing: str
    sick: Sick = "unknown"


def suspected(cluster: Cluster, client: HungClient) -> Suspicion:
    """The first that fits: full by design, OSDs that are down, one its peers wait for, the way to one, nothing."""
    ways = (_full, _down, _blamed, _out_of_reach)
    return next((found for way in ways if (found := way(cluster, client))), None) or _nothing(cluster, client)


def _full(cluster: Cluster, client: HungClient) -> Suspicion | None:
    if not is_full(cluster, client):
        return None
    because = f"requests for rbd image {client.image} do not end, and the cluster takes no writes to this pool"
    return Suspicion("pool", f"Ceph pool {client.pool or '?'}", because, "whether the tasks wait for a write", "full")


def _down(cluster: Cluster, client: HungClient) -> Suspicion | None:
    """Placement groups that lost too many copies: every OSD that is down may be one of those they need."""
    states = group_states(cluster, client)
    down = [str(osd) for osd in cluster.osds.values() if osd.entry and osd.entry.up is False]
    if not down or all(is_active(state) for state, _ in states):
        return None
    names, verb = ", ".join(down[:8]), "is" if len(down) == 1 else "are"
    because = f"placement groups of pool {client.pool or '?'} are not active, and {names} {verb} down"
    return Suspicion("osd", f"ceph-osd {names}", because, "which of them those groups need", "down")


def _blamed(cluster: Cluster, client: HungClient) -> Suspicion | None:
    """Peers wait for it, but it was not seen, or it looks well."""
    targets = client.requests.targets
    waiting = [osd for osd in cluster.osds.values() if osd.waits_for and (not targets or osd.number in targets)]
    blamed = sorted({number for osd in waiting for number in osd.waits_for})
    if not blamed:
        return None
    witnesses = ", ".join(f"osd.{osd.number}" for osd in waiting)
    osds = [cluster.osds.get(number, Osd(number)) for number in blamed]
    names = ", ".join(map(str, osds))
    because = f"{witnesses} wait{'s' if len(waiting) == 1 else ''} for subops from {names}"
    if any(osd.process is None for osd in osds):
        return Suspicion("osd", f"ceph-osd {names}", because, f"{names} could not be looked at")
    missing = f"{names} answers and holds none of these operations: suspect the network between the OSDs"
    return Suspicion("network", f"network between {witnesses} and {names}", because, missing, "network")


def _out_of_reach(cluster: Cluster, client: HungClient) -> Suspicion | None:
    """The client's own list names OSDs, and they all look well."""
    osds = [cluster.osds[number] for number in client.requests.targets if number in cluster.osds]
    if not osds or len(osds) < len(client.requests.targets) or any(osd.process is None or osd.aged for osd in osds):
        return None
    host, names = client.finding.host, ", ".join(map(_with_address, osds))
    because = f"requests of {host} wait for {names} (osdc)"
    missing = f"it is well: suspect the way there from {host} (lost network namespace, firewall, MTU)"
    return Suspicion("network", f"network between {host} and {names}", because, missing, "network")


def _with_address(osd: Osd) -> str:
    address = osd.entry.address if osd.entry else None
    return f"{osd} ({address})" if address else str(osd)


def _nothing(cluster: Cluster, client: HungClient) -> Suspicion:
    pool = cluster.pool(client.pool)
    serving = [cluster.osds.get(number, Osd(number)) for number in pool.osds] if pool else []
    unseen = [str(osd) for osd in serving if osd.process is None]
    if not cluster.monitors:
        missing = "which OSD: the monitors gave no answer"
    elif unseen:
        missing = f"which OSD: none that was seen is sick, and {', '.join(unseen[:8])} could not be looked at"
    elif serving:
        missing = f"which OSD: all {len(serving)} that serve pool {client.pool} run, answer and hold no old operation"
    else:
        missing = "which OSD: none that was seen is sick, and the cluster did not tell which serve this pool"
    because = f"requests for rbd image {client.image} do not end"
    return Suspicion("cluster", cluster.name, because, f"{missing}{_cut_off(cluster)}")


def _cut_off(cluster: Cluster) -> str:
    """Hosts that get no word of the monitors, while others do."""
    if cluster.monitors is None:
        return ""
    hosts = [view.host for view in cluster.views if not view.answered and view.not_observed is None]
    return "".join(f"; {host} gets no answer from the monitors: suspect its network" for host in hosts[:8])
