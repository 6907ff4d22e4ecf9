"""Workers that outlived their parent and stay: told from daemons by at least three independent signs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nornir_hygiene.diagnose.containers import cgroup_of, is_login_session, origin_of, was_deleted
from nornir_hygiene.diagnose.rules.orphan_samples import MATCHES, SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, counted, facts, is_dead, one_place
from nornir_hygiene.models.finding import Cause, Evidence, Severity, Subject, TaskEvidence
from nornir_hygiene.models.process import Process

_NETNS = re.compile(r"^(net:\[\d+\]|/run/(docker/)?netns/.+|/var/run/netns/.+|/proc/\d+(/task/\d+)?/ns/net)$")
RESTORES = (
    "The orphans may be ended one by one by identity, after their owner was asked; the owner (unit, pod) restarted "
    "clears its own cgroup. Lasting: the program must end its workers with itself and close what it hands them. "
    "More memory or a higher pids limit only buys time."
)
_UNKNOWN = "unknown origin"
# Whoever is to end them needs the identity of each; a leak of thousands is not ended in one go.
_TOLD = 200
# Keepers of containers outlive the runtime that started them, in its cgroup, by design (KillMode=process).
_KEEPERS = ("containerd-shim", "conmon")


@dataclass(frozen=True)
class _Signs:
    """What speaks for a leak, each independent of the others; the dead session leader is true of every candidate."""

    foreign: tuple[str, ...]
    alike: bool
    netns: int
    deleted: int
    detached: bool

    @property
    def enough(self) -> int:
        """How many signs remain: whoever pointed all its standard streams at /dev/null meant to stay, like dnsmasq."""
        return len(self.told) - self.detached

    @property
    def told(self) -> tuple[str, ...]:
        """In words, one per sign."""
        return (
            "re-parented, the session leader is gone",
            *(("many alike",) if self.alike else ()),
            *self.foreign[:1],
            *((f"{self.netns} hold a network namespace open",) if self.netns else ()),
            *((f"{self.deleted} live in a cgroup that was removed",) if self.deleted else ()),
        )


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per program and origin. Whoever is stuck in a hang (old fsck attempts, hung `ps`) is no leak."""
    return tuple(_conclusions(scene, explained))


def _conclusions(scene: Scene, explained: Explained) -> Iterator[Conclusion]:
    for (comm, origin), members in _groups(scene, explained).items():
        signs = _signs(scene, members)
        if signs.enough >= scene.thresholds.orphan_min_signs and len(members) >= scene.thresholds.orphan_min_count:
            told = _told(Subject(sort="orphans", name=f"{comm} of {origin}"), members, signs)
            yield Conclusion(scene.finding("orphan-leak", Severity.WARNING, told))


def _groups(scene: Scene, explained: Explained) -> dict[tuple[str, str], list[Task]]:
    """By program and origin; where nobody looked closer, with the only known origin of that program."""
    groups: dict[tuple[str, str], list[Task]] = defaultdict(list)
    for process in scene.processes.values():
        leader = scene.leader(process.pid)
        if leader and leader.key not in explained and is_orphan(scene, process):
            groups[(process.comm, origin_of(cgroup_of(leader.suspect)))].append(leader)
    for comm, origin in sorted(groups):
        known = [key for key in groups if key[0] == comm and key[1] != _UNKNOWN]
        if origin == _UNKNOWN and len(known) == 1:
            groups[known[0]].extend(groups.pop((comm, origin)))
    return dict(sorted(groups.items()))


def is_orphan(scene: Scene, process: Process) -> bool:
    """Adopted, and of a session whose leader is dead.

    A fork never changes the session and setsid makes a leader, so a process in another session than its parent,
    without being a leader itself, was re-parented: to init, to a subreaper or to a container's init alike.
    """
    if process.kernel_thread or is_dead(process) or process.comm.startswith(_KEEPERS):
        return False
    if process.pid == 1 or process.session in (None, 0, process.pid):
        return False
    parent = scene.processes.get(process.ppid)
    adopted = process.ppid == 1 or (parent is not None and parent.session not in (None, process.session))
    return adopted and _leader_is_dead(scene, process)


def _leader_is_dead(scene: Scene, process: Process) -> bool:
    leader = scene.processes.get(process.session or 0)
    if leader is None or is_dead(leader):
        return True
    return None not in (leader.start_ticks, process.start_ticks) and (leader.start_ticks or 0) > (
        process.start_ticks or 0
    )


def _signs(scene: Scene, members: list[Task]) -> _Signs:
    pids = {member.process.pid for member in members}
    paths = {path for member in members if (path := cgroup_of(member.suspect))}
    return _Signs(
        foreign=tuple(sorted({sign for path in paths if (sign := _foreign(scene, path, pids))})),
        alike=len(members) >= scene.thresholds.orphan_min_count,
        netns=sum(any(_NETNS.match(target) for target in _targets(member)) for member in members),
        deleted=sum(was_deleted(cgroup_of(member.suspect) or "") for member in members),
        detached=detached(members),
    )


def detached(members: list[Task]) -> bool:
    """All of those whose descriptors could be read have /dev/null as input, output and error, as daemon(3) makes it."""
    seen = [member.suspect.fds for member in members if member.suspect and member.suspect.fds]
    streams = [[link.target for link in fds if link.fd in (0, 1, 2)] for fds in seen]
    return bool(streams) and all(targets == ["/dev/null"] * 3 for targets in streams)


def _foreign(scene: Scene, path: str, orphans: set[int]) -> str:
    """A login session outlived by its processes, or the cgroup of somebody else who is alive and not an orphan.

    A cgroup in which all processes are alike is a pool of daemons, not a leak.
    """
    if is_login_session(path):
        return "they live in the cgroup of a login session"
    owners = [
        process
        for pid, suspect in scene.suspects.items()
        if (process := scene.processes[pid]) and pid not in orphans and cgroup_of(suspect) == path
        if not is_dead(process) and not is_orphan(scene, process) and process.ppid not in orphans
    ]
    if not owners:
        return ""
    owner = min(owners, key=lambda process: (process.start_ticks or 0, process.pid))
    return f"they live in the cgroup of {owner.comm} (pid {owner.pid}), which is alive and not their parent"


def _oldest(members: list[Task]) -> tuple[TaskEvidence, ...]:
    """In an order that is the same in the next audit, so that of many the same ones are told."""
    ordered = sorted(members, key=lambda task: (task.process.start_ticks or 0, task.key))
    return tuple(task.evidence() for task in ordered[:_TOLD])


def _targets(task: Task) -> Iterable[str]:
    return (link.target for link in task.suspect.fds) if task.suspect else ()


def _told(subject: Subject, members: list[Task], signs: _Signs) -> Told:
    known = [max(0, member.rss_kib) for member in members if member.rss_kib is not None]
    held = f"{sum(known) / 1024:.0f} MiB" + (f" ({len(known)} of them)" if len(known) < len(members) else " together")
    parents = sorted({member.process.ppid for member in members})
    return Told(
        subject=subject,
        summary=f"{counted(len(members), 'orphan')} {subject.name} outlived their parent and hold "
        f"{held if known else 'memory nobody could read'}; {len(signs.told)} signs say that they are no daemons.",
        evidence=Evidence(
            tasks=_oldest(members),
            task_count=len(members),
            facts=facts(
                ("orphans", len(members)),
                ("memory together", f"{sum(known)} KiB resident" if known else None),
                ("memory not known of", len(members) - len(known) or None),
                ("adopted by", ", ".join(f"pid {pid}" for pid in parents[:4])),
                *(("sign", sign) for sign in signs.told),
            ),
        ),
        cause=Cause(
            name=f"the program that starts {subject.name} and leaves them behind",
            established=False,
            because="; ".join(signs.told),
            missing="which process was their parent: it is gone",
        ),
        restores=RESTORES,
        container=one_place(members),
    )


ORPHAN_LEAK = Rule("orphan-leak", conclude, MATCHES, SPARES)
