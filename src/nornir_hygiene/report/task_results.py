"""What people's own tasks gave back, per host, as text or JSON. Whatever a task returns can be shown."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.report.json import dumps
from nornir_hygiene.report.safe import safe


class HostResult(Frozen):
    """One host: `result` if the task ended well, `error` (one line) if not, or why there is neither."""

    host: str
    result: Any = None
    error: str | None = None
    not_observed: NotObserved | None = None


class TaskReport(Frozen):
    """All of one run of one task, hosts in the order of their names."""

    run_id: str
    task: str
    interrupted: bool
    hosts: tuple[HostResult, ...]


def plain(value: Any) -> Any:
    """Any value as JSON data: models are dumped, containers kept, everything else becomes its repr."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # JSON has no NaN
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return repr(value)


def one_line(error: BaseException) -> str:
    """`KeyError: 'x'`: the type and the first line of the message, never a traceback."""
    message = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def task_verdict(report: TaskReport) -> ExitCode:
    """Interrupted, else a task that failed somewhere, else a host without an answer, else fine."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if any(host.error for host in report.hosts):
        return ExitCode.STEP_FAILED
    return ExitCode.NOT_OBSERVED if any(host.not_observed for host in report.hosts) else ExitCode.CLEAN


def text_lines(report: TaskReport) -> Iterator[str]:
    """One block per host, safe for a screen, and the numbers in the last line."""
    for host in report.hosts:
        yield from _host_lines(host)
    states = Counter(_state(host) for host in report.hosts)
    hosts = "1 host" if len(report.hosts) == 1 else f"{len(report.hosts)} hosts"
    counted = ", ".join(f"{states[state]} {state}" for state in ("done", "failed", "not observed") if states[state])
    yield ("interrupted: " if report.interrupted else "") + f"{hosts}: {counted}"


def _state(host: HostResult) -> str:
    if host.not_observed:
        return "not observed"
    return "failed" if host.error else "done"


def _host_lines(host: HostResult) -> Iterator[str]:
    name = safe(host.host)
    if host.not_observed:
        yield f"{name}: not observed: {host.not_observed.reason}: {safe(host.not_observed.detail)}"
    elif host.error:
        yield f"{name}: failed: {safe(host.error)}"
    else:
        text = host.result if isinstance(host.result, str) else dumps(host.result, indent=2)
        first, *rest = text.rstrip("\n").split("\n")
        yield f"{name}: {safe(first)}" if not rest else f"{name}:"
        yield from (f"  {safe(line)}" for line in ([first, *rest] if rest else []))


def json_text(report: TaskReport) -> str:
    """One document."""
    return dumps(report.model_dump(mode="json"), indent=2) + "\n"


def jsonl_text(report: TaskReport) -> str:
    """One line per host, then one with everything but the hosts."""
    lines: Iterable[Any] = [host.model_dump(mode="json") for host in report.hosts]
    return "".join(f"{dumps(line)}\n" for line in [*lines, report.model_dump(mode="json", exclude={"hosts"})])
