"""One whole audit of chosen hosts without a person watching: both rounds, and what they mean together."""

from collections.abc import Iterable
from datetime import UTC, datetime

from nornir.core.inventory import Inventory
from nornir.core.task import Result, Task

from nornir_hygiene.fleet.audit import audit_host
from nornir_hygiene.fleet.causes import ask_cluster, causes_of, explained, hosts_to_ask
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.fleet.selection import select
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.report.assemble import RunFrame, assemble, new_run_id


def audited(inventory: Inventory, names: Iterable[str], *, workers: int, timeout_s: float) -> AuditReport:
    """The same an audit of these hosts would say. Raises UsageError for an unknown name."""
    wanted = tuple(sorted(names))
    now = datetime.now(UTC)
    frame = RunFrame(run_id=new_run_id(now), started_at=now, selection=", ".join(f"host {name}" for name in wanted))
    chosen = select(inventory, hosts=wanted)
    results = chosen.with_runner(DeadlineRunner(workers, timeout_s)).run(task=_audit)
    reports = [_report(name, result[0].result) for name, result in results.items()]
    views = ask_cluster(inventory, hosts_to_ask(inventory, reports), reports, DeadlineRunner(workers, timeout_s))
    causes = causes_of(reports, views)
    return assemble(frame, explained(reports, causes), datetime.now(UTC), interrupted=False, causes=causes)


def _audit(task: Task) -> Result:
    return Result(host=task.host, result=audit_host(task.host))


def _report(host: str, said: HostReport | NotObserved) -> HostReport:
    return HostReport(host=host, not_observed=said) if isinstance(said, NotObserved) else said
