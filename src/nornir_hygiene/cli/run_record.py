"""`nr run record`: the raw answer of each host, one file each, in the user's data folder."""

import sys
from typing import TYPE_CHECKING, Any

from nornir_hygiene.cli.execution import execute
from nornir_hygiene.cli.formats import print_task_report
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.errors import ExitCode
from nornir_hygiene.history.runs import save_recording
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.report.json import to_json
from nornir_hygiene.report.task_results import HostResult, TaskReport, task_verdict

if TYPE_CHECKING:
    from nornir_hygiene.content import TaskFunction


def run_record(request: RunRequest, function: "TaskFunction") -> ExitCode:
    """Print the path of each file; a host that could not be recorded says why."""
    execution = execute(request, function)
    run_id = execution.frame.run_id
    report = TaskReport(
        run_id=run_id,
        task=request.task,
        interrupted=execution.interrupted,
        hosts=tuple(kept(run_id, name, value) for name, value in execution.values()),
    )
    print_task_report(report, request.output, sys.stdout)
    return task_verdict(report)


def kept(run_id: str, host: str, recording: Any) -> HostResult:
    """The path of the file a recording was written to, or why there is none."""
    if isinstance(recording, NotObserved):
        return HostResult(host=host, not_observed=recording)
    try:
        path = save_recording(run_id, host, to_json(recording).encode("ascii"))
    except OSError as error:
        return HostResult(host=host, error=f"the recording could not be saved: {error}")
    return HostResult(host=host, result=str(path))
