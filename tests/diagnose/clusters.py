"""Recorded second rounds of a real three-host cluster (Ceph 16.2), and the findings of clients that hang on it.

cases/clusters/STATE.HOST.bin is what ceph.sh sent from HOST while the cluster was in STATE; one osd per host.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nornir_hygiene.collect.cluster import read_cluster_answer
from nornir_hygiene.diagnose.correlate import correlate
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject

CASES = Path(__file__).with_name("cases") / "clusters"
NONCE = "0123456789abcdef"
HOSTS = ("ceph-1", "ceph-2", "ceph-3")
POOL = "kube-a1"
WHEN = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)


def recorded(state: str, *hosts: str, aged_after_s: float = 5.0) -> tuple[ClusterView, ...]:
    """What all hosts, or these, said in that state."""
    return tuple(
        read_cluster_answer(
            Answer(stdout=(CASES / f"{state}.{host}.bin").read_bytes()), NONCE, host, aged_after_s, WHEN
        )
        for host in hosts or HOSTS
    )


def hung(host: str = "worker-1", image: str = f"{POOL}/vol-1", *facts: tuple[str, str], **changed: Any) -> Finding:
    """As the rule for rbd devices makes it."""
    told = (("rbd image", image), ("waits", "page-io"), *facts)
    fields: dict[str, Any] = {
        "host": host,
        "kind": "rbd-io-hang",
        "severity": Severity.CRITICAL,
        "subject": Subject(sort="device", name="rbd3"),
        "summary": "2 tasks wait",
        "evidence": Evidence(facts=tuple(Fact(name=name, value=value) for name, value in told)),
        "cause": Cause(name=f"rbd image {image}", established=False, because="rbd3 is that image", missing="which OSD"),
        "restores": "the OSD",
    }
    return Finding(**{**fields, **changed})


THREE_WORKERS = (
    hung("worker-1", f"{POOL}/vol-1"),
    hung("worker-2", f"{POOL}/vol-1"),
    hung("worker-3", f"{POOL}/vol-2"),
)


def osdc(*rows: str, homeless: int = 0) -> tuple[tuple[str, str], ...]:
    """Facts of a kernel client: `osd1 0x400014` becomes one line as the kernel prints it."""
    lines = [f"REQUESTS {len(rows)} homeless {homeless}"]
    for tid, row in enumerate(rows):
        osd, _, flags = row.partition(" ")
        number = osd.removeprefix("osd")
        fields = (str(100 + tid), osd, "2.f406c0d8", "2.0", f"[{number}]/{number}", f"[{number}]/{number}", "e14")
        lines.append("\t".join((*fields, f"rbd_data.1.{tid:016x}", flags or "0x400014", "1", "read")))
    return tuple(("osdc", line) for line in (*lines, "LINGER REQUESTS", "BACKOFFS"))


def the_cause(views: tuple[ClusterView, ...], *findings: Any) -> FleetCause:
    (cause,) = correlate(findings or THREE_WORKERS, views)
    return cause


def changed(views: tuple[ClusterView, ...], **update: Any) -> tuple[ClusterView, ...]:
    return tuple(view.model_copy(update=update) for view in views)


def with_pool(views: tuple[ClusterView, ...], **update: Any) -> tuple[ClusterView, ...]:
    return tuple(
        view.model_copy(
            update={"pools": tuple(p.model_copy(update=update) if p.name == POOL else p for p in view.pools)}
        )
        for view in views
    )


def with_process(views: tuple[ClusterView, ...], host: str, **update: Any) -> tuple[ClusterView, ...]:
    return tuple(
        view.model_copy(update={"processes": tuple(p.model_copy(update=update) for p in view.processes)})
        if view.host == host
        else view
        for view in views
    )
