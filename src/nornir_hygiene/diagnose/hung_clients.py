"""The client's side of an rbd hang, read back from a finding: image, client, and the requests it has in flight."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nornir_hygiene.diagnose.cluster import Cluster
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import CephClient, RbdDevice
from nornir_hygiene.parse.osdc import Requests, parse_osdc

# Names of facts, shared by the rules that write them and by what reads them here.
IMAGE_FACT, CLIENT_FACT, ADDRESS_FACT, OSDC_FACT, WAITS_FACT = "rbd image", "client", "client address", "osdc", "waits"
_OSDC_LINES = 40
# Findings that wait for a cluster before there is a device.
_WITHOUT_DEVICE = ("volume-attach-hang",)


def rbd_facts(rbd: RbdDevice | None) -> tuple[tuple[str, str | None], ...]:
    """What a finding on a device must tell for the second round: image, client, what it has in flight."""
    if rbd is None:
        return ()
    image = f"{rbd.pool or '?'}/{rbd.image or '?'}"
    named = ((IMAGE_FACT, image), ("rbd proven by", rbd.proof), (CLIENT_FACT, rbd.client))
    return (*named, (ADDRESS_FACT, rbd.client_address), *((OSDC_FACT, line) for line in rbd.osdc[:_OSDC_LINES]))


@dataclass(frozen=True)
class Mapping:
    """What is asked for images that are being mapped: `image` and `client` where there is only one."""

    image: str = ""
    client: str = ""
    osds: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[tuple[str, str | None], ...]:
        """For the second round, as of a device. Only the cluster knows which name the pool's number stands for."""
        named = ((IMAGE_FACT, f"?/{self.image}" if self.image else None), (CLIENT_FACT, self.client or None))
        return (*named, *((OSDC_FACT, line) for line in self.lines[:_OSDC_LINES]))


def mapping(clients: Iterable[CephClient]) -> Mapping:
    """From the requests of all clients for what describes an image; those for the data of mapped ones are left out."""
    asked = {client.name: _header_lines(client) for client in clients}
    asking = {name: lines for name, lines in asked.items() if parse_osdc(lines).requests}
    lines = [line for told in asking.values() for line in told]
    requests = parse_osdc(lines)
    images = {request.image for request in requests.requests}
    return Mapping(
        image=images.pop() if len(images) == 1 else "",
        client=next(iter(asking)) if len(asking) == 1 else "",
        osds=requests.targets,
        lines=tuple(lines),
    )


def _header_lines(client: CephClient) -> list[str]:
    """All but the requests for data."""
    parts = ((line, parse_osdc([line]).requests) for line in client.osdc)
    return [line for line, requests in parts if all(request.of_header for request in requests)]


@dataclass(frozen=True)
class HungClient:
    """One finding whose cause lies in a Ceph cluster."""

    finding: Finding
    pool: str | None
    image: str
    fsid: str | None
    address: str | None
    waits: frozenset[str]
    requests: Requests

    @property
    def asks(self) -> str:
        """Whose requests they are; of an image without a device the cause names none before, so this does."""
        image = f" for rbd image {self.image}" if self.finding.kind in _WITHOUT_DEVICE and self.pool else ""
        return f"requests of {self.finding.host}{image}"

    def placed_in(self, cluster: Cluster) -> "HungClient":
        """With the name of the pool, where its requests tell only the number."""
        numbers = {request.pool for request in self.requests.requests}
        pools = cluster.monitors.pools if cluster.monitors else ()
        names = [pool.name for pool in pools if pool.pool in numbers]
        if self.pool or len(names) != 1 or len(numbers) != 1:
            return self
        return replace(self, pool=names[0], image=f"{names[0]}/{self.image.rpartition('/')[2]}")


def hung_client(finding: Finding) -> HungClient | None:
    """None for a finding that has nothing to do with an rbd image, or whose cause is known."""
    facts = {fact.name: fact.value for fact in finding.evidence.facts}
    image = facts.get(IMAGE_FACT, "?/?" if finding.kind in _WITHOUT_DEVICE else None)
    if image is None or finding.cause.established:
        return None
    pool, _, _ = image.partition("/")
    return HungClient(
        finding=finding,
        pool=pool if pool not in ("", "?") else None,
        image=image,
        fsid=facts.get(CLIENT_FACT, "").partition(".")[0] or None,
        address=facts.get(ADDRESS_FACT),
        waits=frozenset(facts.get(WAITS_FACT, "").split(", ")),
        requests=parse_osdc([fact.value for fact in finding.evidence.facts if fact.name == OSDC_FACT]),
    )
