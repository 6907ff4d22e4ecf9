"""One host judged: its Snapshot goes in, a HostReport comes out, and the Snapshot is dropped."""

from typing import TYPE_CHECKING

from nornir_hygiene.diagnose.census import census_of
from nornir_hygiene.diagnose.engine import findings_in
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.fleet.observe import Observation, observe, record
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import HostReport, Recording
from nornir_hygiene.models.settings import Thresholds

if TYPE_CHECKING:
    from nornir.core.inventory import Host


def audit_host(host: "Host") -> HostReport:
    """Observe and diagnose one host within the current deadline. Never raises."""
    return judged(host.name, observe(host))


def record_host(host: "Host") -> Recording | NotObserved:
    """The raw answer of one host, for a test case, a bug report or a later diagnosis. Never raises."""
    return record(host)


def judged(host: str, seen: Observation) -> HostReport:
    """What an observation means, or why there is nothing to judge. Pure, but for reading the catalogue once."""
    if isinstance(seen.seen, NotObserved):
        return HostReport(host=host, not_observed=seen.seen, took_s=seen.took_s, bytes_received=seen.bytes_received)
    return _report(host, seen.seen, seen)


def _report(host: str, snapshot: Snapshot, seen: Observation) -> HostReport:
    thresholds = seen.settings.thresholds if seen.settings else Thresholds()
    scene = Scene(host, snapshot, thresholds, catalogue())
    return HostReport(
        host=host,
        facts=snapshot.facts,
        process_count=len(snapshot.processes),
        findings=findings_in(scene),
        census=census_of(scene),
        gaps=snapshot.gaps,
        complete=snapshot.complete,
        kubernetes_admin=seen.settings.kubernetes_admin if seen.settings else "",
        took_s=seen.took_s,
        bytes_received=seen.bytes_received,
    )
