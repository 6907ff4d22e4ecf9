"""`nr run TASK` for a task of one's own: what it returned, per host."""

import sys
from typing import TYPE_CHECKING, Any

from nornir_hygiene.cli.execution import execute
from nornir_hygiene.cli.formats import print_task_report
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.report.task_results import HostResult, TaskReport, plain, task_verdict

if TYPE_CHECKING:
    from nornir_hygiene.content import TaskFunction


def run_own(request: RunRequest, function: "TaskFunction") -> ExitCode:
    """Print each host's result; what such a task does and returns is its author's business."""
    execution = execute(request, function)
    report = TaskReport(
        run_id=execution.frame.run_id,
        task=request.task,
        interrupted=execution.interrupted,
        hosts=tuple(_host_result(name, value) for name, value in execution.values()),
    )
    print_task_report(report, request.output, sys.stdout)
    return task_verdict(report)


def _host_result(host: str, value: Any) -> HostResult:
    if not isinstance(value, NotObserved):
        return HostResult(host=host, result=plain(value))
    # The runner turns whatever a task raises into a reason; "bug" is the task's own failure.
    return (
        HostResult(host=host, error=value.detail)
        if value.reason == "bug"
        else HostResult(host=host, not_observed=value)
    )
