"""One host judged: its Snapshot goes in, a HostReport comes out, and the Snapshot is dropped."""

from functools import cache
from typing import TYPE_CHECKING

from pydantic import ValidationError

from nornir_hygiene.content import YamlFile, wait_catalogue_data
from nornir_hygiene.diagnose.engine import diagnose
from nornir_hygiene.diagnose.waits import WaitCatalogue
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.observe import Observation, observe, record
from nornir_hygiene.models.host import NotObserved, Snapshot
from nornir_hygiene.models.run import HostReport, Recording
from nornir_hygiene.models.settings import Thresholds

if TYPE_CHECKING:
    from nornir.core.inventory import Host


def audit_host(host: "Host") -> HostReport:
    """Observe and diagnose one host within the current deadline. Never raises."""
    seen = observe(host)
    if isinstance(seen.seen, NotObserved):
        return HostReport(
            host=host.name, not_observed=seen.seen, took_s=seen.took_s, bytes_received=seen.bytes_received
        )
    return _report(host.name, seen.seen, seen)


def record_host(host: "Host") -> Recording | NotObserved:
    """The raw answer of one host, for a test case, a bug report or a later diagnosis. Never raises."""
    return record(host)


def _report(host: str, snapshot: Snapshot, seen: Observation) -> HostReport:
    thresholds = seen.settings.thresholds if seen.settings else Thresholds()
    return HostReport(
        host=host,
        facts=snapshot.facts,
        process_count=len(snapshot.processes),
        findings=diagnose(host, snapshot, thresholds, catalogue()),
        gaps=snapshot.gaps,
        complete=snapshot.complete,
        took_s=seen.took_s,
        bytes_received=seen.bytes_received,
    )


@cache
def catalogue() -> WaitCatalogue:
    """The wait-channel catalogue, read and checked once per process. Raises ConfigError naming the wrong file."""
    return WaitCatalogue.joined(_checked(file) for file in wait_catalogue_data())


def _checked(file: YamlFile) -> WaitCatalogue:
    try:
        return WaitCatalogue.model_validate(file.content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {first['msg']}", file.path) from error
