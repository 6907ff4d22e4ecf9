"""The client's side of an rbd hang, read back from a finding: image, client, and the requests it has in flight."""

from dataclasses import dataclass

from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import RbdDevice
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
class HungClient:
    """One finding whose cause lies in a Ceph cluster."""

    finding: Finding
    pool: str | None
    image: str
    fsid: str | None
    address: str | None
    waits: frozenset[str]
    requests: Requests


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
