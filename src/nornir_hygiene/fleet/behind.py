"""What stands behind the findings of many hosts: causes, images, and what their load waits for. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from nornir_hygiene.diagnose.hung_clients import IMAGE_FACT
from nornir_hygiene.history.evidence import Evidence
from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.hygiene import ImageSum, ReportedFinding, WaitShare
from nornir_hygiene.models.run import HostReport

RUNNING = "running"
IMAGES_KEPT = 100


def causes_behind(there: Iterable[ReportedFinding], evidence: Evidence) -> tuple[FleetCause, ...]:
    """Those of findings that are there, the worst first; each finding's by the newest audit that told one of it.

    The same thing said by audits of different hosts is one cause, in the newest words.
    """
    present = {one.kept.fingerprint: one for one in there}
    joined: dict[tuple[object, ...], FleetCause] = {}
    for at in sorted(evidence.causes, reverse=True):
        for cause in evidence.causes[at]:
            prints = [each for each in cause.fingerprints if each in present and evidence.seen_at.get(each) == at]
            if prints:
                same = (cause.sort, cause.name, cause.established)
                joined[same] = _joined(joined.get(same, cause), prints, present, begun=same in joined)
    return tuple(sorted(joined.values(), key=lambda cause: _urgency(cause, present)))


def _joined(
    cause: FleetCause, prints: Iterable[str], present: Mapping[str, ReportedFinding], *, begun: bool
) -> FleetCause:
    every = sorted({*(cause.fingerprints if begun else ()), *prints})
    hosts = sorted({present[each].kept.host for each in every})
    return cause.model_copy(update={"fingerprints": tuple(every), "hosts": tuple(hosts)})


def _urgency(cause: FleetCause, present: Mapping[str, ReportedFinding]) -> tuple[object, ...]:
    loud = [present[each] for each in cause.fingerprints if present[each].suppressed is None]
    worst = max((one.severity.rank for one in loud), default=-1)
    return (-worst, not cause.established, -len(cause.fingerprints), cause.sort, cause.name)


def image_sums(there: Iterable[ReportedFinding]) -> tuple[ImageSum, ...]:
    """Block-device images findings name as evidence, the most hosts first. Containers' images no probe asks for."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for one in there:
        for image in _images(one):
            hosts[image].append(one.kept.host)
    sums = [ImageSum(image=image, hosts=len(set(each)), findings=len(each)) for image, each in hosts.items()]
    return tuple(sorted(sums, key=lambda one: (-one.hosts, -one.findings, one.image))[:IMAGES_KEPT])


def _images(one: ReportedFinding) -> set[str]:
    """Where neither pool nor image could be told there is nothing to name."""
    facts = one.finding.evidence.facts if one.finding else ()
    return {fact.value for fact in facts if fact.name == IMAGE_FACT and fact.value != "?/?"}


def wait_shares(hosts: Mapping[str, HostReport]) -> tuple[WaitShare, ...]:
    """The load of the newest audits: what runs, then what is blocked by what it waits for, the most first."""
    tasks: dict[str, int] = defaultdict(int)
    where: dict[str, set[str]] = defaultdict(set)
    kernels: dict[str, int] = {}
    for name, host in hosts.items():
        for wait, count in _blocked(host):
            tasks[wait] += count
            where[wait].add(name)
        if host.facts and host.facts.tasks_running is not None:
            # Whoever reads the figure runs as well. Hosts of one boot share a kernel, and each tells the sum of all.
            running = max(0, host.facts.tasks_running - 1)
            kernels[host.facts.boot_id] = max(running, kernels.get(host.facts.boot_id, 0))
            where[RUNNING] |= {name} if running else set()
    shares = [WaitShare(wait=wait, tasks=count, hosts=len(where[wait])) for wait, count in tasks.items()]
    shares.sort(key=lambda one: (-one.tasks, one.wait))
    first = [WaitShare(wait=RUNNING, tasks=sum(kernels.values()), hosts=len(where[RUNNING]))] if kernels else []
    return (*first, *shares)


def _blocked(host: HostReport) -> Iterator[tuple[str, int]]:
    yield from ((one.wait, one.tasks) for one in (host.census.waits if host.census else ()))
