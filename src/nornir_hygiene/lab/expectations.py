"""What an audit must say about a lab, compared with what it said: pure, so that it can be tested by itself."""

import re
from collections.abc import Iterator

from nornir_hygiene.lab.model import Entry, Facts, LabState, Planted
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import AuditReport, HostReport

# Under these names a finding says how many there are; the evidence shows a sample and parents beside them.
_COUNTS = ("zombies", "orphans")
_OF_DEVICES = ("rbd-io-hang", "io-hang", "umount-hang")
# Follows from other faults whenever the load of the machine, which all hosts show, is high enough: it comes and goes.
COMES_AND_GOES = "load-from-blocked-tasks"
_OF_FILESYSTEMS = ("filesystem-frozen", "fuse-hang")


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
        *(_twin(planted, hosts[planted.host], faults) for planted in faults if planted.twin),
        *(_entry(entry, hosts[entry.name]) for entry in state.entries if entry.expected_reason and entry.name in hosts),
        *_false_alarms(faults, hosts),
    )


def _fault(planted: Planted, host: HostReport) -> Verdict:
    if planted.refuses_login:
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
    for check in (_wrong_processes, _wrong_count, _wrong_names, _wrong_device, _wrong_mount, _wrong_cgroup):
        yield from check(facts, finding)
    if not finding.cause.name or not finding.cause.because or not finding.restores:
        yield "no cause, reason or cure"


def _wrong_processes(facts: Facts, finding: Finding) -> Iterator[str]:
    """Told as a row of evidence, as an identity (`4242@99123`) or in words (`pid 4242`)."""
    if finding.kind == "pids-cgroup-saturated":
        return  # its subject is the cgroup; who fills it is not looked at
    told_apart = finding.kind == "proc-read-hang"  # of the target only: its parent or server is not looked at
    rows = {number for task in finding.evidence.tasks for number in (task.pid, task.tid)}
    text = " ".join(_texts(finding))
    for role, pid in (("parent", facts.parent_pid), ("process", facts.pid), ("thread", facts.tid)):
        if told_apart and role != "process":
            continue
        if pid is not None and pid not in rows and not re.search(rf"\b(pid {pid}|{pid}@\d+)\b", text):
            yield f"{role} {pid} is not told"


def _wrong_count(facts: Facts, finding: Finding) -> Iterator[str]:
    counts = [fact.value for fact in finding.evidence.facts if fact.name in _COUNTS]
    if facts.count is not None and counts and counts[0] != str(facts.count):
        yield f"{counts[0]} counted, planted were {facts.count}"


def _wrong_names(facts: Facts, finding: Finding) -> Iterator[str]:
    comms = {task.comm for task in finding.evidence.tasks}
    told = " ".join(_texts(finding))
    if facts.comm and finding.kind != "pids-cgroup-saturated" and facts.comm not in comms and facts.comm not in told:
        yield f"no {facts.comm} in the evidence"
    yield from (f"{word} is not in the cause" for word in facts.cause if word not in finding.cause.name)
    for word in (facts.pool, facts.image):
        if word and word not in finding.cause.name and word not in finding.cause.because:
            yield f"{word} is not named as cause"
    if facts.osd is not None and finding.cause.established and finding.cause.name != _osd(facts):
        yield f"the cause is not {_osd(facts)}"


def _osd(facts: Facts) -> str:
    return f"ceph-osd osd.{facts.osd} on {facts.osd_host}"


def _wrong_device(facts: Facts, finding: Finding) -> Iterator[str]:
    if finding.kind not in _OF_DEVICES or not facts.device:
        return
    names = [name for name in (_base(facts.device), _base(facts.kernel_device)) if name]
    if not any(re.search(rf"\b{re.escape(name)}\b", str(finding.subject)) for name in names):
        yield f"subject is not {facts.device}"


def _wrong_mount(facts: Facts, finding: Finding) -> Iterator[str]:
    if finding.kind in _OF_FILESYSTEMS and facts.mountpoint and facts.mountpoint != finding.subject.name:
        yield f"subject is not {facts.mountpoint}"


def _wrong_cgroup(facts: Facts, finding: Finding) -> Iterator[str]:
    if facts.cgroup_path and facts.cgroup_path != finding.subject.name:
        yield f"subject is not {facts.cgroup_path}"
    if facts.pod_uid and facts.pod_uid not in finding.container:
        yield f"pod {facts.pod_uid} is not named"


def _texts(finding: Finding) -> Iterator[str]:
    """Every sentence of a finding."""
    yield from (str(finding.subject), finding.summary, finding.cause.name, finding.cause.because)
    yield from (fact.value for fact in finding.evidence.facts)


def _base(path: str | None) -> str | None:
    return path.rpartition("/")[2] if path else None


def _twin(planted: Planted, host: HostReport, faults: list[Planted]) -> Verdict:
    """Alone on its host it expects no finding; beside faults, none about itself."""
    beside = any(other.host == planted.host and not other.twin for other in faults)
    alarms = [finding for finding in host.findings if not beside or _is_about(planted.facts, finding)]
    kinds = tuple(f"{finding.kind} on {finding.subject}" for finding in alarms)
    seen = "nothing" if host.not_observed is None else f"not observed: {host.not_observed.reason}"
    wrong = kinds if host.not_observed is None else ("the twin's host was not observed",)
    return Verdict(host=host.host, what=f"healthy twin of {planted.fault}", said=", ".join(kinds) or seen, wrong=wrong)


def _is_about(facts: Facts, finding: Finding) -> bool:
    rows = {number for task in finding.evidence.tasks for number in (task.pid, task.tid)}
    places = (_base(facts.device), _base(facts.kernel_device), facts.mountpoint, facts.cgroup_path)
    text = " ".join(_texts(finding))
    named = any(re.search(rf"(?<![\w/]){re.escape(place)}(?!\w)", text) for place in places if place)
    return named or bool(rows & {facts.pid, facts.tid, *facts.pids} - {None})


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
        here = [planted for planted in faults if planted.host == host.host]
        expected = {kind for planted in here for kind in (*planted.kinds, *planted.may_also)}
        if any(not planted.twin for planted in here):
            expected.add(COMES_AND_GOES)
        # A stopped OSD is also what it is by itself, on its own host.
        expected |= {"stopped" for planted in faults if planted.facts.osd_host == host.host and not planted.twin}
        for finding in host.findings:
            if finding.kind not in expected:
                wrong = ("nobody planted it",)
                yield Verdict(
                    host=host.host, what="false alarm", said=f"{finding.kind}: {finding.subject}", wrong=wrong
                )
