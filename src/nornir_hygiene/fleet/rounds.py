"""The two rounds of an audit: every host for itself, then the clusters behind what was found; and both together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from nornir.core.inventory import Inventory
from nornir.core.task import Result, Task

from nornir_hygiene.fleet.audit import audit_host
from nornir_hygiene.fleet.causes import ask_cluster, causes_of, explained, hosts_to_ask
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import select
from nornir_hygiene.fleet.suppressing import with_suppressions
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame, assemble, new_run_id

Told = TypeVar("Told")
# A runner for these hosts, and whatever a person sees of it meanwhile.
RunnerFor = Callable[[Sequence[str]], AbstractContextManager[DeadlineRunner]]
_Asking = Callable[[Inventory, Iterable[str], list[HostReport], DeadlineRunner], tuple[Told, ...]]


@dataclass(frozen=True)
class SecondRound:
    """The reports, whose findings now name what was found behind them."""

    hosts: tuple[HostReport, ...]
    causes: tuple[FleetCause, ...]
    interrupted: bool = False


def second_round(inventory: Inventory, reports: list[HostReport], runner_for: RunnerFor | None) -> SecondRound:
    """Asks nobody, if no finding needs it or there is no runner; it still says what the findings have in common."""
    views: tuple[ClusterView, ...] = ()
    interrupted = False
    if runner_for:
        views, interrupted = asked_behind(ask_cluster, inventory, reports, runner_for)
    causes = causes_of(reports, views)
    return SecondRound(explained(reports, causes), causes, interrupted)


def asked_behind(
    asking: _Asking[Told], inventory: Inventory, reports: list[HostReport], runner_for: RunnerFor
) -> tuple[tuple[Told, ...], bool]:
    """What the hosts of the clusters behind the findings say, and whether somebody interrupted."""
    names = hosts_to_ask(inventory, reports)
    if not names:
        return (), False
    with runner_for(names) as runner:
        told = asking(inventory, names, reports, runner)
    return told, runner.interrupted


def report_of(host: str, said: HostReport | NotObserved) -> HostReport:
    """The runner answers for hosts whose task could not: late, interrupted, or a bug."""
    return HostReport(host=host, not_observed=said) if isinstance(said, NotObserved) else said


def audited(inventory: Inventory, names: Iterable[str], *, workers: int, timeout_s: float) -> AuditReport:
    """The same an audit of these hosts would say, without a person watching. Raises UsageError for an unknown name."""

    @contextmanager
    def unwatched(_: Sequence[str]) -> Iterator[DeadlineRunner]:
        yield DeadlineRunner(workers, timeout_s)

    wanted = tuple(sorted(names))
    now = datetime.now(UTC)
    frame = RunFrame(run_id=new_run_id(now), started_at=now, selection=", ".join(f"host {name}" for name in wanted))
    with unwatched(wanted) as runner:
        results = select(inventory, hosts=wanted).with_runner(runner).run(task=_audit)
    reports = [report_of(name, result[0].result) for name, result in results.items()]
    found = second_round(inventory, reports, unwatched)
    report = assemble(frame, found.hosts, datetime.now(UTC), interrupted=False, causes=found.causes)
    return with_suppressions(report, inventory, report.finished_at)


def _audit(task: Task) -> Result:
    return Result(host=task.host, result=audit_host(task.host))
