"""One cause for many hosts: findings, and what the cluster's side said, to the thing that must be fixed. Pure.

Established is said only when one OSD is sick by its own looks, nothing speaks against it, and something ties it to the
requests that hang. Everything less is a cause that is not established, with the reason.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from nornir_hygiene.diagnose.cluster import Cluster, clusters_of
from nornir_hygiene.diagnose.hung_clients import HungClient, hung_client
from nornir_hygiene.diagnose.osd_signs import Sign, signs_of
from nornir_hygiene.diagnose.shared_servers import shared_servers
from nornir_hygiene.diagnose.suspicion import Suspicion, suspected
from nornir_hygiene.diagnose.ties import serves, tie
from nornir_hygiene.diagnose.vetoes import vetoes
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.finding import Finding

_NOT_ASKED = "no host of its cluster was asked: `cluster_group` of the hung host names the group to ask"

# Forty hung hosts give forty sentences of the same sort.
_PARTS_SHOWN = 8


@dataclass(frozen=True)
class _Case:
    """The clients of one cluster that hang, and its sick OSDs that serve at least one of them."""

    cluster: Cluster
    clients: tuple[HungClient, ...]
    signs: dict[int, Sign]
    elsewhere: tuple[str, ...] = ()


def correlate(findings: Iterable[Finding], cluster_views: Iterable[ClusterView]) -> tuple[FleetCause, ...]:
    """Causes in a stable order, whatever the order of what came in. Total: any findings and views give an answer."""
    found = sorted(findings, key=lambda one: (one.host, one.kind, one.fingerprint))
    clusters = clusters_of(sorted(cluster_views, key=lambda view: (view.host, view.taken_at)))
    placed: dict[str, list[HungClient]] = defaultdict(list)
    causes: list[FleetCause] = []
    for client in filter(None, map(hung_client, found)):
        cluster = _cluster_of(client, clusters)
        if cluster is None:
            causes.append(_unplaced(client, clusters))
        else:
            placed[cluster.fsid].append(client.placed_in(cluster))
    for cluster in clusters:
        admin = min((view.host for view in cluster.views if view.answered), default="")
        behind = _causes(cluster, tuple(placed.get(cluster.fsid, ())))
        causes += [cause.model_copy(update={"admin": admin}) for cause in behind]
    merged = _merged([*causes, *shared_servers(found)])
    return tuple(sorted(merged, key=lambda cause: (not cause.established, cause.sort, cause.name, cause.missing)))


def needs_cluster(finding: Finding) -> bool:
    """True if the second question may tell the cause of this finding."""
    return hung_client(finding) is not None


def _cluster_of(client: HungClient, clusters: tuple[Cluster, ...]) -> Cluster | None:
    """A kernel client names its cluster; another one is placed by its pool, unless there is no choice."""
    if client.fsid:
        exact = next((cluster for cluster in clusters if cluster.fsid == client.fsid), None)
        return exact or (clusters[0] if len(clusters) == 1 and not clusters[0].fsid else None)
    if len(clusters) == 1:
        return clusters[0]
    owners = [cluster for cluster in clusters if cluster.pool(client.pool)]
    return owners[0] if len(owners) == 1 else None


def _unplaced(client: HungClient, clusters: tuple[Cluster, ...]) -> FleetCause:
    missing = _NOT_ASKED
    if clusters and client.fsid:
        missing = f"its cluster {client.fsid} is not the one that was asked"
    elif clusters:
        missing = f"which of {len(clusters)} clusters holds the pool {client.pool or '?'}"
    return _of((client,), Suspicion("image", f"rbd image {client.image}", "requests of this image do not end", missing))


def _causes(cluster: Cluster, clients: tuple[HungClient, ...]) -> list[FleetCause]:
    if not clients:
        return []
    sick = signs_of(cluster)
    signs = {osd: sign for osd, sign in sick.items() if any(serves(cluster, osd, one) is not False for one in clients)}
    case = _Case(cluster, clients, signs, tuple(str(cluster.osds[osd]) for osd in sick if osd not in signs))
    if len(signs) > 1:
        return [_of(clients, _many(case), _all_vetoes(case))]
    return [_one(case, client) for client in clients]


def _one(case: _Case, client: HungClient) -> FleetCause:
    against = vetoes(case.cluster, client)
    culprit = next((osd for osd in case.signs if serves(case.cluster, osd, client) is not False), None)
    if culprit is None:
        return _of((client,), _with_elsewhere(suspected(case.cluster, client), case.elsewhere), against)
    osd, sign = case.cluster.osds[culprit], case.signs[culprit]
    tied, missing = tie(case.cluster, culprit, client)
    cause = _of((client,), Suspicion("osd", f"ceph-osd {osd}", sign.because, missing, sign.sick), against)
    return cause.model_copy(
        update={
            "established": not missing and not against,
            "because": f"{sign.because}; {tied}" if tied else sign.because,
            "host": osd.host,
            "osd": culprit,
            "restores": sign.restores,
        }
    )


def _with_elsewhere(told: Suspicion, elsewhere: tuple[str, ...]) -> Suspicion:
    if not elsewhere:
        return told
    aside = (
        f"{', '.join(elsewhere[:8])} sick, but not one of those it waits for (has the image a data pool of its own?)"
    )
    return replace(told, missing=f"{told.missing}; {aside}")


def _many(case: _Case) -> Suspicion:
    """More than one: in one host look at the host, in several at what they share. No guess which one it is."""
    osds = [case.cluster.osds[number] for number in sorted(case.signs)]
    names, hosts = ", ".join(map(str, osds)), {osd.host for osd in osds}
    because = "; ".join(case.signs[osd.number].because for osd in osds)
    sick = {sign.sick for sign in case.signs.values()}
    how = sick.pop() if len(sick) == 1 else "unknown"
    if len(hosts) == 1 and "" not in hosts:
        missing = "more than one culprit on one host: look at the host (disks, controller, memory, its cgroups) first"
        return Suspicion("server", f"server {hosts.pop()}: {names}", because, missing, how)
    missing = "more than one culprit in different hosts: suspect network or mon; no OSD is chosen on a guess"
    return Suspicion("cluster", f"more than one culprit: {names}", because, missing, how)


def _all_vetoes(case: _Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(veto for client in case.clients for veto in vetoes(case.cluster, client)))


def _of(clients: tuple[HungClient, ...], told: Suspicion, against: tuple[str, ...] = ()) -> FleetCause:
    return FleetCause(
        sort=told.sort,
        name=told.name,
        sick=told.sick,
        established=False,
        because=told.because,
        missing=told.missing,
        vetoes=against,
        hosts=tuple(sorted({client.finding.host for client in clients})),
        fingerprints=tuple(sorted({client.finding.fingerprint for client in clients})),
    )


def _merged(causes: Iterable[FleetCause]) -> list[FleetCause]:
    """The same thing for several findings is one cause; what one of them lacks (a tie, a veto) is told by name."""
    groups: dict[tuple[object, ...], list[FleetCause]] = defaultdict(list)
    for cause in causes:
        same = (cause.sort, cause.name, cause.sick, cause.established, cause.missing, cause.vetoes)
        groups[same].append(cause)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[FleetCause]) -> FleetCause:
    parts = list(dict.fromkeys(part for cause in group for part in cause.because.split("; ")))
    more = [f"and {len(parts) - _PARTS_SHOWN} more"] if len(parts) > _PARTS_SHOWN else []
    return group[0].model_copy(
        update={
            "because": "; ".join([*parts[:_PARTS_SHOWN], *more]),
            "hosts": tuple(sorted({host for cause in group for host in cause.hosts})),
            "fingerprints": tuple(sorted({print_ for cause in group for print_ in cause.fingerprints})),
        }
    )
