"""The rbd clients of a host, as its findings tell of them: whom a fence has to shut out."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.hung_clients import ADDRESS_FACT, CLIENT_FACT, IMAGE_FACT
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.remediate.case import Case


def rbd_clients(case: Case) -> tuple[str, ...]:
    """`FSID/ADDRESS` of a kernel's client, `image:POOL/NAME` where only its watcher can tell the address."""
    hosts = (host for host in case.report.hosts if host.host in case.sufferers)
    return tuple(sorted({client for host in hosts for each in host.findings for client in _of(each)}))


def _of(finding: Finding) -> Iterator[str]:
    told = {fact.name: fact.value for fact in finding.evidence.facts}
    fsid = told.get(CLIENT_FACT, "").rpartition(".")[0]
    if fsid and ADDRESS_FACT in told:
        yield f"{fsid}/{told[ADDRESS_FACT]}"
    elif IMAGE_FACT in told:
        yield f"image:{told[IMAGE_FACT]}"
