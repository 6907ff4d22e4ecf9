"""`nr run record`: the raw answer of each host, one file each, in the user's data folder; then its cluster's side."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from nornir_hygiene.cli.execution import Execution, execute
from nornir_hygiene.cli.formats import print_task_report
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.watched import watched_behind
from nornir_hygiene.errors import ExitCode
from nornir_hygiene.history.runs import save_cluster_recording, save_recording
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import ClusterRecording
from nornir_hygiene.report.json import to_json
from nornir_hygiene.report.task_results import HostResult, TaskReport, task_verdict

if TYPE_CHECKING:
    from nornir_hygiene.content import TaskFunction


def run_record(request: RunRequest, function: "TaskFunction") -> ExitCode:
    """Print the path of each file; a host that could not be recorded says why."""
    execution = execute(request, function)
    run_id = execution.frame.run_id
    hosts = tuple(kept(run_id, name, value) for name, value in execution.values())
    behind, interrupted = ((), True) if execution.interrupted else _cluster_side(request, execution)
    report = TaskReport(
        run_id=run_id,
        task=request.task,
        interrupted=interrupted,
        hosts=(*hosts, *(_kept_behind(run_id, recording) for recording in behind)),
    )
    print_task_report(report, request.output, sys.stdout)
    return task_verdict(report)


def kept(run_id: str, host: str, recording: Any) -> HostResult:
    """The path of the file a recording was written to, or why there is none."""
    if isinstance(recording, NotObserved):
        return HostResult(host=host, not_observed=recording)
    return _saved(host, lambda content: save_recording(run_id, host, content), recording)


def _cluster_side(request: RunRequest, execution: Execution) -> tuple[tuple[ClusterRecording, ...], bool]:
    """Asked only if an audit would have asked: the recordings are judged for that, and the judgement is dropped."""
    from nornir_hygiene.fleet.cluster_recordings import judged_recording, record_cluster
    from nornir_hygiene.fleet.rounds import asked_behind

    if not request.second_round:
        return (), False
    hosts = [judged_recording(name, value) for name, value in execution.values()]
    return asked_behind(record_cluster, execution.inventory, hosts, partial(watched_behind, request))


def _kept_behind(run_id: str, recording: ClusterRecording) -> HostResult:
    return _saved(
        f"{recording.host} (its cluster)",
        lambda content: save_cluster_recording(run_id, recording.host, content),
        recording,
    )


def _saved(host: str, save: Callable[[bytes], Path], recording: BaseModel) -> HostResult:
    try:
        path = save(to_json(recording).encode("ascii"))
    except OSError as error:
        return HostResult(host=host, error=f"the recording could not be saved: {error}")
    return HostResult(host=host, result=str(path))
