"""What forbids blaming one OSD, whatever it looks like: domain facts 3.3, points 3 and 4. Each is a whole sentence."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.cluster import Cluster
from nornir_hygiene.diagnose.hung_clients import HungClient

_PAUSE_FLAGS = ("pauserd", "pausewr", "full")
_LOCK_WAIT = "rbd-exclusive-lock"


def vetoes(cluster: Cluster, client: HungClient) -> tuple[str, ...]:
    """Every reason, in the order in which a person would check them."""
    of_cluster = (*_monitors(cluster), *_flags(cluster))
    of_pool = (*_full(cluster, client), *_groups(cluster, client))
    return (*of_cluster, *of_pool, *_own(client, cluster))


def _monitors(cluster: Cluster) -> Iterator[str]:
    if cluster.monitors is None:
        yield f"the monitors gave no answer, so nobody knows whether there is a quorum ({cluster.why_silent})"
    elif not cluster.monitors.quorum:
        yield "the monitors have no quorum"


def _flags(cluster: Cluster) -> Iterator[str]:
    flags = cluster.monitors.flags if cluster.monitors else ()
    set_flags = [flag for flag in _PAUSE_FLAGS if flag in flags]
    if set_flags:
        yield f"the cluster has the flag {', '.join(set_flags)}: requests wait by design until it is unset"


def is_full(cluster: Cluster, client: HungClient) -> bool:
    """The pool, or an OSD, takes no writes."""
    return any(True for _ in _full(cluster, client))


def _full(cluster: Cluster, client: HungClient) -> Iterator[str]:
    checks = {check.code: check for check in cluster.monitors.checks} if cluster.monitors else {}
    if "OSD_FULL" in checks:
        yield f"an OSD is full, so writes wait by design ({checks['OSD_FULL'].message})"
    pool = cluster.pool(client.pool)
    if pool and {"full", "full_quota"} & set(pool.flags):
        why = "its quota is used up" if "full_quota" in pool.flags else "it is full"
        yield f"pool {pool.name}: {why}, so writes wait by design"
    elif pool is None and "POOL_FULL" in checks:
        yield f"a pool is full ({checks['POOL_FULL'].message}), maybe this one"


def group_states(cluster: Cluster, client: HungClient) -> tuple[tuple[str, int], ...]:
    """States of the placement groups of the image's pool; of all pools where that one's are not known."""
    pool = cluster.pool(client.pool)
    if pool and pool.pg_states:
        return pool.pg_states
    return cluster.monitors.pg_states if cluster.monitors else ()


def is_active(state: str) -> bool:
    """`active+clean` serves requests; `activating`, `peered`, `down` and `incomplete` do not.

    `unknown` is the manager's, who has had no word of it yet: no reason against an OSD that is known to be sick.
    """
    return "active" in state.split("+") or state == "unknown"


def _groups(cluster: Cluster, client: HungClient) -> Iterator[str]:
    states = group_states(cluster, client)
    inactive = [f"{count} {state}" for state, count in states if not is_active(state)]
    if inactive:
        yield f"placement groups are not active ({', '.join(inactive)}): that needs more OSDs, not fewer"
    elif not states and cluster.monitors:
        checks = (check for check in cluster.monitors.checks if check.code == "PG_AVAILABILITY")
        yield from (f"placement groups are not active ({check.message})" for check in checks)


def _own(client: HungClient, cluster: Cluster) -> Iterator[str]:
    host, requests = client.finding.host, client.requests
    if requests.homeless:
        yield f"{requests.homeless} requests of {host} have no OSD at all (homeless): a pool or its groups are gone"
    if any(request.paused for request in requests.requests):
        yield f"requests of {host} are paused: a pause flag, or a full pool"
    if requests.backoffs:
        yield f"an OSD asked {host} to hold requests back: their placement groups are not ready"
    if _LOCK_WAIT in client.waits:
        yield f"tasks on {host} wait for the exclusive lock of the image, which another client holds"
    if cluster.monitors and client.address and client.address in cluster.monitors.blocklist:
        yield f"the client of {host} is on the cluster's blocklist: it is shut out, no OSD owes it an answer"
