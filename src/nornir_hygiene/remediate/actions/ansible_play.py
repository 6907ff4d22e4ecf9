"""`python -m …ansible_play`: plays one Job that stands on its input, once per receipt. Started by ansible_here only."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
from ansible_runner.exceptions import AnsibleRunnerException

from nornir_hygiene.history.folder import write_atomically
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.ansible_files import Values, as_yaml, inventory_of, write_private
from nornir_hygiene.remediate.actions.ansible_here import Job
from nornir_hygiene.remediate.actions.ansible_ssh import settings_of_ansible

_KEPT_CHARACTERS = 200_000
_LONGEST = 400
_WRONG = ("runner_on_failed", "runner_on_unreachable")


class _Ended(NamedTuple):
    """The names of the tasks that changed something; `wrong` is empty if all is well."""

    changed: list[str]
    wrong: str


def main() -> None:
    """Raises ValidationError for half a job: then nothing was done."""
    job = Job.model_validate_json(sys.stdin.buffer.read())
    job.receipt.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        job.receipt.mkdir(mode=0o700)
    except FileExistsError:
        _await(job)
        return
    write_atomically(job.receipt / "by", f"{os.getpid()} {_start_of(os.getpid())}".encode())
    result = _played(job)
    write_atomically(job.receipt / "said", result.model_dump_json().encode())


def _await(job: Job) -> None:
    """Until the one who has the receipt has said what came of it, or is gone."""
    end = time.monotonic() + job.timeout_s
    while not (job.receipt / "said").exists() and time.monotonic() < end:
        time.sleep(0.5)  # first: the receipt may just be made
        if not (job.receipt / "by").exists():
            return
        pid, _, start = (job.receipt / "by").read_text().partition(" ")
        if _start_of(int(pid)) != start:
            return


def _start_of(pid: int) -> str:
    """When it began, in ticks since boot; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _played(job: Job) -> ActionResult:
    """As a check, and only if nothing failed in that, for good."""
    end = time.monotonic() + job.timeout_s
    checked = _run(job, "ansible-check", job.timeout_s)
    facts = {"check": _in_words(checked.changed, "would be changed")}
    if checked.wrong:
        return ActionResult(outcome="refused", detail=f"its check failed: {checked.wrong}"[:_LONGEST], facts=facts)
    done = _run(job, "ansible-play", max(1, int(end - time.monotonic())))
    detail = _in_words(done.changed, "was changed")
    if done.wrong:
        return ActionResult(outcome="failed", detail=f"{done.wrong}; {detail}"[:_LONGEST], facts=facts)
    return ActionResult(outcome="changed" if done.changed else "unchanged", detail=detail, facts=facts)


def _in_words(tasks: list[str], verb: str) -> str:
    return f"something {verb} by: {', '.join(tasks)}"[:_LONGEST] if tasks else f"nothing {verb}"


def _run(job: Job, ident: str, seconds: int) -> _Ended:
    """One run of ansible-playbook; what it printed is kept beside the receipt, what it was given is not."""
    private = job.receipt / "private"
    inventory = private / "inventory" / "hosts.yaml"
    sockets = Path(tempfile.mkdtemp(prefix="nr-"))  # not beside the receipt: a socket's path has 107 characters at most
    try:
        write_private(inventory, inventory_of(job.host, job.variables, job.groups))
        write_private(private / "env" / "extravars", as_yaml(Values(job.values)))
        run = ansible_runner.run(
            private_data_dir=str(private),
            project_dir=str(job.playbook.parent),
            playbook=job.playbook.name,
            inventory=str(inventory),
            limit=job.host,
            cmdline="--check --diff" if ident == "ansible-check" else "--diff",
            envvars=settings_of_ansible(job.ssh, sockets),
            ident=ident,
            timeout=seconds,
            quiet=True,
        )
        printed = run.stdout.read()
        write_private(job.receipt / ident, printed[-_KEPT_CHARACTERS:])
        return _ended(run, job.host, printed)
    except (OSError, AnsibleRunnerException) as error:
        return _Ended([], f"Ansible could not be started: {error}")
    finally:
        shutil.rmtree(private, ignore_errors=True)
        shutil.rmtree(sockets, ignore_errors=True)


def _ended(run: Any, host: str, printed: str) -> _Ended:
    events = list(run.events)
    changed = [_task(event) for event in events if event.get("event") == "runner_on_ok" and _told(event).get("changed")]
    wrong = " ".join("; ".join(_wrong(run, host, events, printed)).split())
    return _Ended(changed, wrong)


def _wrong(run: Any, host: str, events: list[dict[str, Any]], printed: str) -> Iterator[str]:
    if run.status == "timeout":
        yield "its time was up, and it was ended in the middle"
    elif run.rc != 0:
        failed = [event for event in events if event.get("event") in _WRONG and not _data(event).get("ignore_errors")]
        last = printed.strip().splitlines()[-3:]
        yield from [f"{_task(event)}: {_told(event).get('msg', 'failed')}" for event in failed] or [" ".join(last)]
    elif host not in (run.stats or {}).get("processed", {}):
        yield f"no play of it is for {host}, or one of its groups"


def _data(event: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = event.get("event_data") or {}
    return data


def _told(event: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = _data(event).get("res") or {}
    return told


def _task(event: dict[str, Any]) -> str:
    return str(_data(event).get("task") or "a task without a name")


if __name__ == "__main__":
    main()
