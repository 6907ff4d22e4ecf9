"""After the first round of an audit: is there one cause behind the findings of many hosts?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.run import ClusterRecording, HostReport
from nornir_hygiene.report.progress import HostProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nornir.core.inventory import Inventory

    from nornir_hygiene.fleet.runner import DeadlineRunner

Told = TypeVar("Told")


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


def recorded_round(
    request: RunRequest, inventory: "Inventory", hosts: list[HostReport]
) -> tuple[tuple[ClusterRecording, ...], bool]:
    """The raw answers of the same hosts, and whether somebody interrupted."""
    from nornir_hygiene.fleet.cluster_recordings import record_cluster

    return _ask(record_cluster, request, inventory, hosts) if request.second_round else ((), False)


def _asked(
    request: RunRequest, inventory: "Inventory", hosts: list[HostReport]
) -> tuple[tuple[ClusterView, ...], bool]:
    from nornir_hygiene.fleet.causes import ask_cluster

    return _ask(ask_cluster, request, inventory, hosts)


def _ask(
    how: "Callable[[Inventory, Iterable[str], list[HostReport], DeadlineRunner], tuple[Told, ...]]",
    request: RunRequest,
    inventory: "Inventory",
    hosts: list[HostReport],
) -> "tuple[tuple[Told, ...], bool]":
    from nornir_hygiene.fleet.causes import hosts_to_ask
    from nornir_hygiene.fleet.runner import DeadlineRunner

    names = hosts_to_ask(inventory, hosts)
    if not names:
        return (), False
    with HostProgress("cause", list(names)) as progress:
        runner = DeadlineRunner(request.workers, request.timeout_s, on_host=lambda host, _: progress.done(host))
        told = how(inventory, names, hosts, runner)
    return told, runner.interrupted
