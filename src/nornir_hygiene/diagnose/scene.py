"""A snapshot with its indexes, made once per diagnosis and read by every rule."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from nornir_hygiene.diagnose.containers import pod_uids
from nornir_hygiene.diagnose.devices import DeviceIndex
from nornir_hygiene.diagnose.tasks import Task, TaskKey, tasks_of
from nornir_hygiene.diagnose.waits import WaitCatalogue
from nornir_hygiene.models.cgroup import PodName
from nornir_hygiene.models.finding import Cause, Evidence, Finding, Severity, Subject
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.process import Process, Suspect
from nornir_hygiene.models.settings import Thresholds

Explained = frozenset[TaskKey]


@dataclass(frozen=True)
class Conclusion:
    """A finding, and the tasks it accounts for: no later rule makes a finding of those again.

    Without a finding the tasks are explained as nothing to worry about.
    """

    finding: Finding | None
    explains: Explained = frozenset()


@dataclass(frozen=True)
class Scene:
    """One host's snapshot, what counts as bad there, and the catalogue of waits."""

    host: str
    snapshot: Snapshot
    thresholds: Thresholds
    catalogue: WaitCatalogue

    @cached_property
    def processes(self) -> dict[int, Process]:
        """By pid. A suspect missing in the table (a pass was cut short) stands in with what is known of it."""
        found = {process.pid: process for process in reversed(self.snapshot.processes)}
        for suspect in self.snapshot.suspects:
            found.setdefault(suspect.pid, _process_of(suspect))
        return dict(sorted(found.items()))

    @cached_property
    def suspects(self) -> dict[int, Suspect]:
        """By pid; a closer look that hit another process with a reused pid is left out."""
        looks = {suspect.pid: suspect for suspect in reversed(self.snapshot.suspects)}
        return {pid: look for pid, look in looks.items() if _same_process(self.processes[pid], look)}

    @cached_property
    def tasks(self) -> dict[int, tuple[Task, ...]]:
        """All tasks of each process, as far as they were looked at."""
        boot_id = self.snapshot.facts.boot_id
        return {
            pid: tasks_of(process, self.suspects.get(pid), boot_id, self.catalogue)
            for pid, process in self.processes.items()
        }

    @cached_property
    def children(self) -> dict[int, tuple[Process, ...]]:
        """By parent pid, in the order of their pids."""
        found: dict[int, list[Process]] = defaultdict(list)
        for process in self.processes.values():
            found[process.ppid].append(process)
        return {ppid: tuple(processes) for ppid, processes in found.items()}

    @cached_property
    def blocked(self) -> tuple[Task, ...]:
        """Every task in D that is not idle by design. The closer look is younger than the table and wins."""
        return tuple(
            task for tasks in self.tasks.values() for task in tasks if task.blocked and task.wait.wait_class != "benign"
        )

    @cached_property
    def devices(self) -> DeviceIndex:
        """Block devices by every name they go by."""
        return DeviceIndex.of(self.snapshot)

    @cached_property
    def _pod_names(self) -> dict[str, PodName]:
        return {pod.uid: pod for pod in self.snapshot.pod_names}

    @cached_property
    def _leaders(self) -> dict[int, Task]:
        return {pid: min(tasks, key=lambda task: not task.is_leader) for pid, tasks in self.tasks.items() if tasks}

    def lifetime_s(self, process: Process) -> float | None:
        """How long it has lived, by the clock its start was counted with."""
        facts = self.snapshot.facts
        return None if process.start_ticks is None else max(0.0, facts.uptime_s - process.start_ticks / facts.clk_tck)

    def leader(self, pid: int) -> Task | None:
        """The task that stands for a process."""
        return self._leaders.get(pid)

    def process_subject(self, pid: int) -> Subject:
        """Stable identity of a process as a subject: `812@70431 worker`, or said to be not identified."""
        leader = self.leader(pid)
        if leader is None:
            return Subject(sort="process", name=f"{pid} (not seen, not identified)")
        if leader.identity is None:
            return Subject(sort="process", name=f"{pid} {leader.process.comm} (not identified)")
        return Subject(sort="process", name=f"{leader.identity} {leader.process.comm}")

    def pod_in(self, container: str) -> PodName | None:
        """What the pod in the words for a container is called; None if there are several, or nobody said."""
        uids = set(pod_uids(container))
        return self._pod_names.get(uids.pop()) if len(uids) == 1 else None

    def finding(self, kind: str, severity: Severity, told: "Told") -> Finding:
        """A finding on this host."""
        return Finding(
            host=self.host,
            kind=kind,
            severity=severity,
            subject=told.subject,
            summary=told.summary,
            evidence=told.evidence,
            cause=told.cause,
            restores=told.restores,
            container=told.container,
            pod=self.pod_in(told.container),
        )


@dataclass(frozen=True)
class Told:
    """What a rule has to say, besides kind and severity."""

    subject: Subject
    summary: str
    evidence: Evidence
    cause: Cause
    restores: str
    container: str = ""


def _process_of(suspect: Suspect) -> Process:
    leader = suspect.leader or next(iter(suspect.threads), None)
    return Process(
        pid=suspect.pid,
        ppid=0,
        comm=leader.comm if leader else "",
        state=leader.state if leader else "?",
        start_ticks=suspect.start_ticks,
    )


def _same_process(process: Process, suspect: Suspect) -> bool:
    return None in (process.start_ticks, suspect.start_ticks) or process.start_ticks == suspect.start_ticks
