"""The per-host boundary: whatever happens in a worker becomes a value with a reason."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nornir.core.exceptions import ConnectionException, NornirSubTaskError, PluginNotRegistered
from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Result, Task

from nornir_hygiene.errors import NrError
from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.host import NotObserved

Seen = TypeVar("Seen")

# Phases without a host in them: what breaks there is ours, also when time is up.
_OURS = ("queue", "parse")
_SSH_LIBRARIES = {"paramiko", "netmiko", "nornir_netmiko"}


def observed_or_why(work: Callable[[], Seen], deadline: Deadline) -> Seen | NotObserved:
    """What `work` returns, or why it could not."""
    try:
        return work()
    except Exception as error:
        return why(error, deadline)


def run_task(task: Task, host: Host, deadline: Deadline) -> MultiResult:
    """One Nornir task on one host. Never failed: Nornir leaves a host that failed once out of every later run."""
    try:
        results = task.copy().start(host)
    except BaseException as error:  # a thread that dies would leave its host without a result
        return unobserved(task, host, why(error, deadline), error)
    if not results.failed:
        return results
    broken = next(result for result in results if result.failed)
    if broken.exception is None:
        return unobserved(task, host, _bug(deadline, f"the task says it failed: {broken.result}"))
    return unobserved(task, host, why(broken.exception, deadline), broken.exception)


def unobserved(task: Task, host: Host, reason: NotObserved, error: BaseException | None = None) -> MultiResult:
    """The result of a host without one."""
    results = MultiResult(task.name)
    result = Result(host=host, result=reason, exception=error)
    result.name = task.name  # type: ignore[assignment]  # Nornir declares it None and writes a str, like here
    results.append(result)
    return results


def why(error: BaseException, deadline: Deadline) -> NotObserved:
    """The exact reason behind an exception."""
    if isinstance(error, NornirSubTaskError):
        inner = error.result.exception
        return why(inner, deadline) if inner is not None else _bug(deadline, str(error))
    if isinstance(error, NotReached):
        return error.why
    if deadline.expired and deadline.phase not in _OURS:
        return reasons.out_of_time(deadline)
    if isinstance(error, NrError):
        return reasons.named("wrong-settings", deadline.phase, error.what, error.hint)
    if isinstance(error, ConnectionException | PluginNotRegistered):
        return reasons.named("wrong-settings", deadline.phase, f"{type(error).__name__}: {error}")
    if _of_ssh_library(error):
        return reasons.ssh_failed(deadline.phase, f"{type(error).__name__}: {error}")
    if isinstance(error, OSError) and deadline.phase not in _OURS:
        return reasons.of_os_error(error, deadline.phase)
    return _bug(deadline, f"{type(error).__name__}: {error} at {_last_frame(error)}")


def _bug(deadline: Deadline, detail: str) -> NotObserved:
    return reasons.named("bug", deadline.phase, detail, "please report this")


def _of_ssh_library(error: BaseException) -> bool:
    # By name: importing netmiko to ask isinstance would cost every start half a second.
    return any(parent.__module__.partition(".")[0] in _SSH_LIBRARIES for parent in type(error).__mro__)


def _last_frame(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    last = frames[-1]
    return f"{'/'.join(Path(last.filename).parts[-2:])}:{last.lineno}"
