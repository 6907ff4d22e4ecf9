"""Reasons not to act, each with a name. Asked when a plan is made, and again on fresh evidence before each act."""

from collections.abc import Callable, Iterator
from pathlib import Path

from nornir_hygiene.diagnose.containers import pod_uids
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.plan import Refusal
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Risk, Runbook
from nornir_hygiene.remediate.bind import applies
from nornir_hygiene.remediate.case import Case
from nornir_hygiene.remediate.seen_before import NAME as SEEN_BEFORE
from nornir_hygiene.remediate.seen_before import not_seen_before

Guard = Callable[[Case, Runbook], str | None]
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# How pods begin whose loss is the whole cluster's: kubeadm's static pods, and Rook's daemons. Also in kubernetes.sh.
CLUSTER_MEMBERS = ("etcd-", "kube-apiserver-", "kube-controller-manager-", "kube-scheduler-", "rook-ceph-", "csi-")


def _observed(case: Case, _runbook: Runbook) -> str | None:
    """Nothing is done about what was not seen, or seen by halves."""
    for name in case.sufferers:
        seen = case.host_report(name)
        if seen is None or seen.not_observed:
            return f"{name} was not observed"
        if not seen.complete:
            return f"{name} was seen by halves only"
    return None


def _place_known(case: Case, runbook: Runbook) -> str | None:
    if not case.host:
        return "nobody knows which host the cause lives on"
    needed = {step.at for rung in runbook.rungs for step in rung.steps if applies(step, case)}
    if "admin" in needed and not case.admin:
        return "no host of the cluster reached its monitors"
    if "kubernetes" in needed and not case.kubernetes:
        sufferers = ", ".join(case.sufferers)
        return f"no host with kubectl is known for {sufferers}: `kubernetes_admin` in the inventory names it"
    return None


def _cause_established(case: Case, runbook: Runbook) -> str | None:
    """A cause on a guess is nobody's to repair; of findings only where the runbook asks for it."""
    if case.cause is not None:
        return None if case.cause.established else f"the cause is not established: {case.cause.why_not}"
    if "cause-established" not in runbook.guards:
        return None
    doubtful = next((finding.cause for finding in case.findings if not finding.cause.established), None)
    return f"the cause is not established: {doubtful.missing}" if doubtful else None


def _one_culprit(case: Case, _runbook: Runbook) -> str | None:
    """Two sick daemons in different failure domains: suspect what they share, and touch neither."""
    if case.cause is None:
        return None
    others = [cause.name for cause in case.report.causes if cause.sort == case.cause.sort and cause.name != case.key]
    return f"there is more than one culprit: {', '.join(sorted(others))}" if others else None


def _not_in_a_container(case: Case, _runbook: Runbook) -> str | None:
    """What a controller owns, the controller restarts: a bare kill only makes it count a failure."""
    inside = next((finding.container for finding in case.findings if finding.container), "")
    return f"it lives in {inside}: that is its controller's to do" if inside else None


def _no_task_of_it_in_d(case: Case, _runbook: Runbook) -> str | None:
    """A task in D outlives its pod: the next pod would mount its volume a second time. check-pod looks at all."""
    pods = {uid for finding in case.findings for uid in pod_uids(finding.container)}
    hosts = (host for host in case.report.hosts if host.host in case.sufferers)
    for finding in (finding for host in hosts for finding in host.findings):
        task = next((task for task in finding.evidence.tasks if task.stat.startswith("D")), None)
        if task and pods & set(pod_uids(finding.container)):
            return f"{task.comm} (pid {task.pid}) of the pod is in D: it would outlive the pod and keep its volume"
    return None


def _not_the_cluster_itself(case: Case, _runbook: Runbook) -> str | None:
    """By name only, where somebody could say it; its labels and its node are looked at before the act."""
    for pod in (finding.pod for finding in case.findings if finding.pod):
        if pod.name.startswith(CLUSTER_MEMBERS):
            return f"{pod} is a member of the control plane or of the storage: a person does that"
    return None


def _not_this_machine(case: Case, runbook: Runbook) -> str | None:
    """Whoever is in the same boot has the same kernel, also out of a container with an address of its own."""
    seen = case.host_report(case.host)
    here = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    if runbook.risk is Risk.SAFE or not here or not (seen and seen.facts and seen.facts.boot_id == here):
        return None
    return f"{case.host} is in the same boot as the machine this is done from"


def _no_gentler_way(case: Case, _runbook: Runbook) -> str | None:
    """A cause that is only stopped or stuck is repaired where it lives; nobody has to move for it."""
    prints = {finding.fingerprint for finding in case.findings}
    for cause in case.report.causes:
        if cause.established and cause.sick in ("stopped", "stuck") and prints & set(cause.fingerprints):
            return f"{cause.name} is only {cause.sick}: repair that first"
    return None


GUARDS: dict[str, Guard] = {
    "observed": _observed,
    "place-known": _place_known,
    "cause-established": _cause_established,
    "one-culprit": _one_culprit,
    "not-this-machine": _not_this_machine,
    "not-in-a-container": _not_in_a_container,
    "no-task-of-it-in-d": _no_task_of_it_in_d,
    "not-the-cluster-itself": _not_the_cluster_itself,
    "no-gentler-way": _no_gentler_way,
    SEEN_BEFORE: not_seen_before,
}
# Those a runbook need not name.
ALWAYS = ("observed", "place-known", "cause-established", "one-culprit", "not-this-machine")


def refusals(case: Case, runbook: Runbook) -> tuple[Refusal, ...]:
    """Every reason against it, in the order of GUARDS."""
    return tuple(_refusals(case, runbook))


def _refusals(case: Case, runbook: Runbook) -> Iterator[Refusal]:
    for name, guard in GUARDS.items():
        if name in ALWAYS or name in runbook.guards:
            why = guard(case, runbook)
            if why:
                yield Refusal(guard=name, why=why)


def unhealthy(report: AuditReport, runbook: Runbook) -> Refusal | None:
    """Where most hosts are ill, the next disruption may be one too many; a host not observed is not healthy."""
    ill = sum(1 for host in report.hosts if host.not_observed or any(map(_critical, host.findings)))
    share = 100 * ill / max(1, report.totals.selected)
    limit = runbook.limits.unhealthy_pct
    alone = ill <= 1  # the one that is to be repaired
    if alone or runbook.risk is Risk.SAFE or runbook.per == "cause" or share <= limit:
        return None
    why = f"{ill} of {report.totals.selected} hosts are unhealthy, more than {limit:g} %: a person looks first"
    return Refusal(guard="unhealthy-share", why=why)


def _critical(finding: Finding) -> bool:
    return finding.severity is Severity.CRITICAL
