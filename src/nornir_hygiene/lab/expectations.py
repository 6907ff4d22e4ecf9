"""What an audit must say about a lab, compared with what it said: pure, so that it can be tested by itself."""

from collections.abc import Iterator

from nornir_hygiene.lab.model import Entry, Facts, LabState, Planted
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import AuditReport, HostReport


class Verdict(Frozen):
    """One expectation: `what` was expected of `host`, `said` is what the audit said, `wrong` why that is not it."""

    host: str
    what: str
    said: str
    wrong: tuple[str, ...] = ()


def judge(state: LabState, report: AuditReport) -> tuple[Verdict, ...]:
    """Every fault, every twin, every unreachable entry of the selection, and every finding nobody planted."""
    hosts = {host.host: host for host in report.hosts}
    faults = [planted for planted in state.planted if planted.host in hosts]
    return (
        *(_fault(planted, hosts[planted.host]) for planted in faults if not planted.twin),
        *(_twin(planted, hosts[planted.host]) for planted in faults if planted.twin),
        *(_entry(entry, hosts[entry.name]) for entry in state.entries if entry.expected_reason and entry.name in hosts),
        *_false_alarms(faults, hosts),
    )


def _fault(planted: Planted, host: HostReport) -> Verdict:
    if not planted.kinds:
        return _suspicion(planted, host)
    found = [finding for finding in host.findings if finding.kind in planted.kinds]
    tried = [(finding, tuple(_differences(planted.facts, finding))) for finding in found]
    if not tried:
        kinds = ", ".join(finding.kind for finding in host.findings) or "nothing"
        return Verdict(host=host.host, what=planted.fault, said=kinds, wrong=(f"no {' or '.join(planted.kinds)}",))
    best, wrong = min(tried, key=lambda pair: len(pair[1]))
    return Verdict(host=host.host, what=planted.fault, said=f"{best.kind}: {best.subject}", wrong=wrong)


def _suspicion(planted: Planted, host: HostReport) -> Verdict:
    """A host that connects but cannot fork: not observed, and that itself is the critical news."""
    seen = host.not_observed
    said = f"not observed: {seen.reason}" if seen else "observed"
    wrong = () if seen and seen.suspicion == "critical" else ("no critical suspicion",)
    return Verdict(host=host.host, what=planted.fault, said=said, wrong=wrong)


def _differences(facts: Facts, finding: Finding) -> Iterator[str]:
    for check in (_wrong_processes, _wrong_count, _wrong_names, _wrong_device, _wrong_cgroup):
        yield from check(facts, finding)
    if not finding.cause.name or not finding.cause.because or not finding.restores:
        yield "no cause, reason or cure"


def _wrong_processes(facts: Facts, finding: Finding) -> Iterator[str]:
    pids = {task.pid for task in finding.evidence.tasks}
    for role, pid in (("parent", facts.parent_pid), ("process", facts.pid)):
        if pid is not None and pid not in pids and f"{pid}@" not in finding.subject.name:
            yield f"{role} {pid} is neither evidence nor subject"
    if facts.tid is not None and facts.tid not in {task.tid or task.pid for task in finding.evidence.tasks}:
        yield f"thread {facts.tid} is not in the evidence"


def _wrong_count(facts: Facts, finding: Finding) -> Iterator[str]:
    counted = finding.kind != "pids-cgroup-saturated"
    if counted and facts.count is not None and finding.evidence.task_count != facts.count:
        yield f"{finding.evidence.task_count} tasks, planted were {facts.count}"


def _wrong_names(facts: Facts, finding: Finding) -> Iterator[str]:
    if facts.comm and facts.comm not in _told(finding) | {task.comm for task in finding.evidence.tasks}:
        yield f"no {facts.comm} in the evidence"
    for word in (facts.pool, facts.image):
        if word and word not in finding.cause.name:
            yield f"{word} is not named as cause"


def _wrong_device(facts: Facts, finding: Finding) -> Iterator[str]:
    names = {_base(facts.device), _base(facts.kernel_device), facts.mountpoint} - {None}
    if facts.device and not names & _told(finding):
        yield f"device {facts.device} is not named"


def _wrong_cgroup(facts: Facts, finding: Finding) -> Iterator[str]:
    if facts.cgroup_path and facts.cgroup_path != finding.subject.name:
        yield f"subject is not {facts.cgroup_path}"
    if facts.pod_uid and facts.pod_uid not in finding.container:
        yield f"pod {facts.pod_uid} is not named"


def _told(finding: Finding) -> set[str]:
    """Every word of subject, summary, cause and facts."""
    texts = (
        str(finding.subject),
        finding.summary,
        finding.cause.name,
        *(fact.value for fact in finding.evidence.facts),
    )
    return {word.strip("()[],;:") for text in texts for word in text.split()}


def _base(path: str | None) -> str | None:
    return path.rpartition("/")[2] if path else None


def _twin(planted: Planted, host: HostReport) -> Verdict:
    kinds = tuple(f"{finding.kind} on {finding.subject}" for finding in host.findings)
    seen = "nothing" if host.not_observed is None else f"not observed: {host.not_observed.reason}"
    wrong = kinds if host.not_observed is None else ("the clean host was not observed",)
    return Verdict(host=host.host, what=f"healthy twin of {planted.fault}", said=", ".join(kinds) or seen, wrong=wrong)


def _entry(entry: Entry, host: HostReport) -> Verdict:
    said = host.not_observed.reason if host.not_observed else "observed"
    gaps = " ".join(gap.why for gap in host.gaps)
    met = said == entry.expected_reason or (not host.complete and str(entry.expected_reason) in gaps)
    wrong = () if met else (f"expected {entry.expected_reason}",)
    return Verdict(
        host=host.host, what="unreachable", said=said if host.not_observed else f"incomplete: {gaps}", wrong=wrong
    )


def _false_alarms(faults: list[Planted], hosts: dict[str, HostReport]) -> Iterator[Verdict]:
    for host in hosts.values():
        expected = {kind for planted in faults if planted.host == host.host for kind in planted.kinds}
        for finding in host.findings:
            if finding.kind not in expected:
                wrong = ("nobody planted it",)
                yield Verdict(
                    host=host.host, what="false alarm", said=f"{finding.kind}: {finding.subject}", wrong=wrong
                )
