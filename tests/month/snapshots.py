"""Real snapshots, and what a story adds to one: orphans, zombies under a parent, a pids cgroup."""

from functools import cache

from nornir_hygiene.models.cgroup import PidsCgroup
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.process import CgroupPath, Process, SignalMasks, Suspect, ThreadLook
from tests.real_work.judge import snapshot_of
from tests.real_work.workload import recorded, workloads

# No recorded host has pids as high as these.
_ORPHANS_FROM, _ZOMBIES_FROM, _PARENT = 2_000_000, 3_000_000, 1_999_999
_POD = "/kubepods/burstable/pod8d0f4a1e-6f0c-4a59-9a0e-0c53d7a1b2c3/" + "4f" * 32
_SINCE_BOOT = 900


class Added(Frozen):
    """What is added to a real snapshot. The same values make the same snapshot, whatever the hour."""

    orphans: int = 0
    orphan: str = "kuryr-daemon"
    zombies: int = 0
    parent: str = "backup-agent"
    pids: int = 0
    pids_limit: int = 0


@cache
def real_snapshots() -> tuple[Snapshot, ...]:
    """Three of each workload that was recorded: healthy hosts at work."""
    return tuple(snapshot_of(one) for workload in workloads() for one in recorded(workload)[::7][:3])


def with_added(snapshot: Snapshot, added: Added) -> Snapshot:
    """As if these had been there when the host answered."""
    orphans = tuple(_orphan(number, added.orphan) for number in range(added.orphans))
    zombies = tuple(_zombie(number) for number in range(added.zombies))
    parent = (_parent(added.parent),) if added.zombies else ()
    tasks = snapshot.facts.tasks_total
    more = len(orphans) + len(zombies) + len(parent)
    return snapshot.model_copy(
        update={
            "processes": (*snapshot.processes, *orphans, *parent, *zombies),
            "suspects": (
                *snapshot.suspects,
                *(_look(one, "S", "/system.slice/kuryr.service") for one in (*orphans, *parent)),
                *(_look(one, "Z", "/system.slice/backup.service") for one in zombies),
            ),
            "pids_cgroups": (*snapshot.pids_cgroups, *_cgroup(added)),
            "facts": snapshot.facts.model_copy(update={"tasks_total": None if tasks is None else tasks + more}),
        }
    )


def _process(pid: int, ppid: int, comm: str, state: str, session: int) -> Process:
    return Process(
        pid=pid, ppid=ppid, comm=comm, state=state, start_ticks=_SINCE_BOOT, threads=1, pgrp=session,
        session=session, tty_nr=0, rss_kib=2048 if state == "S" else 0, wchan="do_wait" if state == "S" else None,
    )  # fmt: skip


def _orphan(number: int, comm: str) -> Process:
    """Adopted by init, of a session whose leader is gone."""
    return _process(_ORPHANS_FROM + 2 * number, 1, comm, "S", _ORPHANS_FROM + 2 * number - 1)


def _parent(comm: str) -> Process:
    return _process(_PARENT, 1, comm, "S", _PARENT)


def _zombie(number: int) -> Process:
    return _process(_ZOMBIES_FROM + number, _PARENT, "rsync", "Z", _PARENT)


def _look(process: Process, state: str, cgroup: str) -> Suspect:
    leader = ThreadLook(tid=process.pid, comm=process.comm, state=state, switches=3, last_ran_age_s=95.0)
    return Suspect(
        pid=process.pid,
        start_ticks=process.start_ticks,
        uid=0,
        nspid=(process.pid,),
        signals=SignalMasks(pending=0, shared_pending=0, blocked=0, ignored=0, caught=0),
        threads=(leader,),
        cgroups=(CgroupPath(hierarchy=0, controllers=(), path=cgroup),),
    )


def _cgroup(added: Added) -> tuple[PidsCgroup, ...]:
    if not added.pids_limit:
        return ()
    return (PidsCgroup(path=_POD, current=added.pids, limit=added.pids_limit, peak=added.pids, refused=0),)
