"""Asks one host what its processes are waiting for, and says which of that is a problem. Changes nothing."""

from nornir.core.task import Result, Task

from nornir_hygiene.fleet.audit import audit_host


def audit(task: Task) -> Result:
    """The result is a HostReport: findings, clean, or not observed with a reason. Never an exception."""
    return Result(host=task.host, result=audit_host(task.host))
