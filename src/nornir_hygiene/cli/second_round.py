"""After the first round of an audit: is there one cause behind the findings of many hosts?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.report.progress import HostProgress

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory


@dataclass(frozen=True)
class SecondRound:
    """The reports, whose findings now name what was found behind them."""

    hosts: tuple[HostReport, ...]
    causes: tuple[FleetCause, ...]
    interrupted: bool = False


def second_round(request: RunRequest, inventory: "Inventory", hosts: list[HostReport]) -> SecondRound:
    """Asks nobody, if no finding needs it. Not asked to ask, it still says what the findings have in common."""
    from nornir_hygiene.fleet.causes import causes_of, explained

    views, interrupted = _asked(request, inventory, hosts) if request.second_round else ((), False)
    causes = causes_of(hosts, views)
    return SecondRound(explained(hosts, causes), causes, interrupted)


def _asked(
    request: RunRequest, inventory: "Inventory", hosts: list[HostReport]
) -> tuple[tuple[ClusterView, ...], bool]:
    from nornir_hygiene.fleet.causes import ask_cluster, hosts_to_ask
    from nornir_hygiene.fleet.runner import DeadlineRunner

    names = hosts_to_ask(inventory, hosts)
    if not names:
        return (), False
    with HostProgress("cause", list(names)) as progress:
        runner = DeadlineRunner(request.workers, request.timeout_s, on_host=lambda host, _: progress.done(host))
        views = ask_cluster(inventory, names, hosts, runner)
    return views, runner.interrupted
