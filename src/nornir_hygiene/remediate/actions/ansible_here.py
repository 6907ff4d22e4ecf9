"""The controller's side of a playbook: a process of its own plays it, once per token, and goes on if we do not.

As on a host, a receipt is made before anything is done and what came of it is kept there; here it lies in the user's
data folder. Whoever asks with the same token again is told what came of it the first time.
"""

import re
import subprocess
import sys
from pathlib import Path

from nornir.core.inventory import Host
from pydantic import ValidationError

from nornir_hygiene.fleet.selection import settings_for
from nornir_hygiene.history.folder import data_folder
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.remediate.actions.action import Happened, Task
from nornir_hygiene.remediate.actions.ansible_project import playbook_path
from nornir_hygiene.remediate.actions.ansible_ssh import ssh_arguments, surroundings

_WORKER = "nornir_hygiene.remediate.actions.ansible_play"
# For the start of Python and Ansible, beside the time the playbook may take.
_SLACK_S = 30
# Anything else would be a pattern, or a range; and these are groups for it.
_PLAIN = re.compile(r"(?!(all|ungrouped)$)[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Job(Frozen):
    """All that the process needs to know. `variables`: how the host is reached."""

    receipt: Path
    who: str
    host: str
    groups: tuple[str, ...]
    variables: dict[str, str | int | bool]
    ssh: str
    playbook: Path
    values: dict[str, int | str]
    timeout_s: int


def play_it(task: Task) -> Happened:
    """Never raises for what Ansible or the host does."""
    settings = settings_for(task.host)
    path = playbook_path(task.arguments.playbook)
    against = _against(task.host, settings, path)
    if against or path is None:
        return Happened(ActionResult(outcome="refused", detail=against or "the playbook is gone"), {})
    job = _job(task, settings, path)
    ended = _played(job)
    return _told(job.receipt, ended=ended)


def _against(host: Host, settings: HostSettings, path: Path | None) -> str:
    if path is None:
        return "the playbook is not in the project any more"
    if not _PLAIN.fullmatch(host.name):
        return f"Ansible would take the name {host.name!r} for a pattern"
    if host.password and settings.identity_file is None:
        return "the inventory gives a password for this host, and Ansible is given keys only: set identity_file"
    return ""


def _job(task: Task, settings: HostSettings, path: Path) -> Job:
    host = task.host
    variables: dict[str, str | int | bool] = {"ansible_connection": "ssh", "ansible_host": host.hostname or host.name}
    variables |= {"ansible_port": host.port} if host.port else {}
    variables |= {"ansible_user": host.username} if host.username else {}
    variables |= {"ansible_become": True, "ansible_become_method": "sudo"} if settings.sudo else {}
    return Job(
        receipt=data_folder() / "receipts" / task.token,
        who=task.who,
        host=host.name,
        groups=tuple(group.name for group in host.extended_groups() if _PLAIN.fullmatch(group.name)),
        variables=variables,
        ssh=ssh_arguments(settings),
        playbook=path,
        values=dict(task.arguments.values),
        timeout_s=task.timeout_s,
    )


def _played(job: Job) -> bool:
    """Whether it came to its end in time. In a session of its own: half a playbook is worse than one nobody heard of.

    It is told everything in one piece on its input: of half a job it does nothing.
    """
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", _WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=surroundings(),
    )
    try:
        worker.communicate(job.model_dump_json().encode(), timeout=job.timeout_s + _SLACK_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _told(receipt: Path, *, ended: bool) -> Happened:
    if ended and not receipt.is_dir():  # that is the first thing it makes
        return Happened(ActionResult(outcome="failed", detail="it could not even be started: nothing was done"), {})
    try:
        result = ActionResult.model_validate_json((receipt / "said").read_bytes())
    except (OSError, ValidationError):
        why = "nobody knows how it ended" if ended else "it is still at work"
        return Happened(ActionResult(outcome="unknown", detail=f"the playbook was begun, and {why}"), {})
    texts = {path.name: path.read_text("utf-8", "replace") for path in sorted(receipt.glob("ansible-*"))}
    return Happened(result, texts)
