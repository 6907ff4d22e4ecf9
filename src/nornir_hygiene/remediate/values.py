"""What a runbook may take from a finding, by dotted name. Each value becomes one whole argument, or is not there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nornir_hygiene.diagnose.containers import pod_uids
from nornir_hygiene.models.cgroup import PodName
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import HostFacts
from nornir_hygiene.models.plan import Argument
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.case import Case
from nornir_hygiene.remediate.clients import rbd_clients


@dataclass(frozen=True)
class Value:
    """`sort` is the type of what `take` gives; None from it means: this finding does not tell."""

    about: str
    sort: Any
    take: Callable[[Case], Argument | None]


def _with_role(*roles: str) -> Callable[[Case], ProcessIdentity | None]:
    """The only process of the evidence in one of these roles; of two nobody knows which is meant."""

    def take(case: Case) -> ProcessIdentity | None:
        tasks = [task for finding in case.findings for task in finding.evidence.tasks if task.role in roles]
        found = {task.identity for task in tasks}
        return found.pop() if len(found) == 1 else None

    return take


def _owned(case: Case) -> ProcessIdentity | None:
    """Any orphan will do, they are all of one origin; of a full cgroup only whose zombies fill it."""
    if case.findings[0].kind == "orphan-leak":
        return case.processes[0] if case.processes else None
    return _with_role("parent", "parent of zombies")(case)


def _orphans(case: Case) -> tuple[ProcessIdentity, ...] | None:
    return (case.seen_twice or None) if case.findings[0].kind == "orphan-leak" else None


def _service(case: Case) -> str | None:
    """The origin stands last: a program may be called anything."""
    subject = case.findings[0].subject
    origin = subject.name.rpartition(" of ")[2] if subject.sort == "orphans" else ""
    return origin if origin.endswith(".service") else None


def _subject(*sorts: str) -> Callable[[Case], str | None]:
    def take(case: Case) -> str | None:
        subject = case.findings[0].subject
        return subject.name if subject.sort in sorts else None

    return take


def _fact(finding: Finding, name: str) -> str | None:
    return next((fact.value for fact in finding.evidence.facts if fact.name == name), None)


def _hierarchy(case: Case) -> str | None:
    return {"cgroup v1": "1", "cgroup v2": "2"}.get(_fact(case.findings[0], "hierarchy") or "")


def _pids_limit(case: Case) -> int | None:
    told = _fact(case.findings[0], "limit") or ""
    return int(told) if told.isascii() and told.isdigit() else None


def _pod_uid(case: Case) -> str | None:
    """Of two pods nobody knows which is meant."""
    found = {uid for finding in case.findings for uid in pod_uids(finding.container)}
    return found.pop() if len(found) == 1 else None


def _pod(case: Case) -> PodName | None:
    pods = {finding.pod for finding in case.findings if finding.pod}
    return pods.pop() if len(pods) == 1 else None


def _pod_name(case: Case) -> str | None:
    pod = _pod(case)
    return pod.name if pod else None


def _pod_namespace(case: Case) -> str | None:
    pod = _pod(case)
    return pod.namespace if pod else None


def _node_fact(take: Callable[[HostFacts], str]) -> Callable[[Case], str | None]:
    def taken(case: Case) -> str | None:
        seen = case.host_report(case.sufferers[0]) if len(case.sufferers) == 1 else None
        return (take(seen.facts) or None) if seen and seen.facts else None

    return taken


VALUES: dict[str, Value] = {
    "finding.process": Value("the one process the finding is about", ProcessIdentity, _with_role("")),
    "finding.parent": Value("the parent of the zombies", ProcessIdentity, _with_role("parent")),
    "finding.daemon": Value("the daemon the tasks wait for", ProcessIdentity, _with_role("daemon")),
    "finding.tracer": Value("the tracer", ProcessIdentity, _with_role("tracer")),
    "finding.owned": Value("a process of the service the zombies or orphans are of", ProcessIdentity, _owned),
    "finding.orphans": Value("those orphans that an earlier audit saw as well", tuple[ProcessIdentity, ...], _orphans),
    "finding.service": Value("the systemd service they are of; a login or a container is none", str, _service),
    "finding.mountpoint": Value("where the filesystem is mounted", str, _subject("filesystem")),
    "finding.cgroup": Value("the path of the cgroup", str, _subject("cgroup")),
    "finding.hierarchy": Value("1 or 2: the version of its cgroup hierarchy", str, _hierarchy),
    "finding.pids-limit": Value("the limit of process ids that is used up", int, _pids_limit),
    "finding.pod-uid": Value("the UID of the pod it is in", str, _pod_uid),
    "finding.pod-name": Value("the name of that pod, where somebody on its node could say", str, _pod_name),
    "finding.pod-namespace": Value("the namespace of that pod, likewise", str, _pod_namespace),
    # As the kubelet does it: the host name in small letters, whatever the inventory calls the host.
    "finding.node": Value("what Kubernetes calls its host", str, _node_fact(lambda facts: facts.hostname.lower())),
    "finding.boot-id": Value("which boot of its host was seen", str, _node_fact(lambda facts: facts.boot_id)),
    "finding.rbd-clients": Value(
        "the rbd clients of its host, by address", str, lambda case: ",".join(rbd_clients(case)) or "none"
    ),
    "cause.osd": Value("the number of the OSD", int, lambda case: case.cause.osd if case.cause else None),
}


def is_name(given: object) -> bool:
    """Whether what stands in a runbook is meant as the name of a value, known or not."""
    return isinstance(given, str) and given.startswith(("finding.", "cause."))
