"""What ties a sick OSD to the requests of one client. A sick OSD somewhere in the cluster is not yet a cause."""

from nornir_hygiene.diagnose.cluster import Cluster, Osd
from nornir_hygiene.diagnose.hung_clients import HungClient


def serves(cluster: Cluster, osd: int, client: HungClient) -> bool | None:
    """Can this OSD be what the client waits for? None: nobody can tell."""
    targets = client.requests.targets
    if targets:
        return osd in targets or any(osd in cluster.osds[one].waits_for for one in targets if one in cluster.osds)
    pool = cluster.pool(client.pool)
    return osd in pool.osds if pool and pool.osds else None


def tie(cluster: Cluster, osd: int, client: HungClient) -> tuple[str, str]:
    """What ties it to this client, and what is missing to be sure; one of the two is always empty."""
    targets = client.requests.targets
    if osd in targets:
        return f"{client.asks} wait for osd.{osd} (osdc)", ""
    if targets:
        between = [f"osd.{one}" for one in targets if one in cluster.osds and osd in cluster.osds[one].waits_for]
        return f"{client.asks} wait for {', '.join(between)} (osdc), and that for osd.{osd}", ""
    witness = _witness(cluster, osd, client)
    if witness:
        return witness, ""
    unseen = _unseen(cluster, osd, client)
    if not unseen:
        return f"every other OSD that serves pool {client.pool} was looked at and is well", ""
    return "", unseen


def _witness(cluster: Cluster, osd: int, client: HungClient) -> str:
    """Aged operations on the client's pool that it holds itself, or that others hold because of it."""
    pool = cluster.pool(client.pool)
    if pool is None:
        return ""
    if any(op.pool == pool.pool for op in cluster.osds[osd].held_up):
        return f"it holds operations on pool {pool.name}"
    behind = sorted(
        number
        for number, other in cluster.osds.items()
        if any(op.pool == pool.pool and osd in op.waits_for for op in other.aged)
    )
    names = ", ".join(f"osd.{number}" for number in behind)
    return f"{names} wait{'s' if len(behind) == 1 else ''} for subops from it, on pool {pool.name}" if behind else ""


def _unseen(cluster: Cluster, osd: int, client: HungClient) -> str:
    """Whether another OSD of the pool, at which nobody could look, may be the one as well."""
    pool = cluster.pool(client.pool)
    if pool is None or not pool.osds:
        return f"which OSDs serve pool {client.pool or '?'}: the cluster did not tell{_why(cluster, client)}"
    others = [cluster.osds.get(number, Osd(number)) for number in pool.osds if number != osd]
    unseen = [str(other) for other in others if not _looked_at(other)]
    if not unseen:
        return ""
    return f"whether it alone is sick: {', '.join(unseen[:8])} could not be looked at"


def _why(cluster: Cluster, client: HungClient) -> str:
    gaps = cluster.monitors.gaps if cluster.monitors else ()
    silent = cluster.pool(client.pool)
    if silent and any(state == "unknown" for state, _ in silent.pg_states):
        return " (the manager has had no word of its placement groups)"
    words = [f"{gap.section}: {gap.why}" for gap in gaps if gap.section in ("osd-dump", "pgs")]
    return f" ({'; '.join(words)})" if words else ""


def _looked_at(osd: Osd) -> bool:
    down = osd.entry is not None and osd.entry.up is False
    return down or (osd.process is not None and osd.socket is not None and osd.socket.answer in ("answered", "silent"))
