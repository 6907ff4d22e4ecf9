"""Which OSD is sick, and how: domain facts 3.3. The sort of sickness matters, because the cure differs."""

from dataclasses import dataclass

from nornir_hygiene.diagnose.cluster import Cluster, Osd
from nornir_hygiene.models.cluster import OsdOp, OsdProcess, Sick

# Where a task frozen by a cgroup stands (kernel/freezer.c, kernel/signal.c), as procps writes it.
_FREEZER = frozenset({"refrigerator", "do_freezer_trap", "get_signal"})
_FEW_THREADS = 8
_NEVER_KILL = "The waiting tasks then finish by themselves: never kill the fsck, never force the unmap."


@dataclass(frozen=True)
class Sign:
    """What is wrong with an OSD by its own looks."""

    sick: Sick
    because: str
    restores: str


def signs_of(cluster: Cluster) -> dict[int, Sign]:
    """The sick OSDs. One that only stands behind another sick one is not among them."""
    signs = {number: sign for number, osd in cluster.osds.items() if (sign := _sign(osd))}
    return {number: sign for number, sign in signs.items() if not _follows(cluster.osds[number], sign, signs)}


def _follows(osd: Osd, sign: Sign, signs: dict[int, Sign]) -> bool:
    """It answers, but its queue is held up while it waits for another sick OSD: then that one is the root."""
    answers = osd.socket is not None and osd.socket.answer == "answered" and sign.sick == "stuck"
    return answers and bool(osd.waits_for & (signs.keys() - {osd.number}))


def _sign(osd: Osd) -> Sign | None:
    process, silent = osd.process, osd.socket is not None and osd.socket.answer == "silent"
    if process is None:
        return _without_process(osd)
    if process.state in ("Z", "X"):
        return _ended(osd, process)
    if process.state in ("T", "t"):
        return _stopped(osd, "is stopped (STAT T)" if process.state == "T" else "is held by a tracer (STAT t)")
    if silent and _frozen(process):
        because = f"all threads of {_process(osd)} are frozen by a cgroup"
        return Sign("stopped", because, f"Thaw the cgroup of {osd}. {_NEVER_KILL}")
    if silent:
        return _stuck(osd, "its admin socket takes a question and does not answer")
    if osd.held_up:
        return _stuck(osd, f"it answers, but {_counted(osd.held_up)}")
    return None


def _frozen(process: OsdProcess) -> bool:
    """By a v2 cgroup all threads stand in its trap; by a v1 one they keep the wait they slept in, but all show D.

    A dead disk blocks only those threads that touch it: dozens of others go on sleeping in S.
    """
    return process.wchan in _FREEZER or (process.threads > _FEW_THREADS and process.blocked >= process.threads)


def _without_process(osd: Osd) -> Sign | None:
    """Up in the map, and its host shows no such process: it has died, and the map does not know yet."""
    if not (osd.looked and osd.entry and osd.entry.up):
        return None
    because = f"{osd} is up in the cluster's map, but there is no such process on that host"
    return Sign("down", because, f"Start {osd} (its journal says why it ended). {_NEVER_KILL}")


def _ended(osd: Osd, process: OsdProcess) -> Sign:
    """Its leader is gone and threads are left: whoever starts it anew will find its disk still in use."""
    because = f"{_process(osd)} has ended (STAT {process.state})"
    if not process.blocked:
        return Sign("down", because, f"Start {osd} (its journal says why it ended). {_NEVER_KILL}")
    waits = ", ".join(process.blocked_in)
    disk = f"Look at the disk of {osd} first: a new process cannot use it before the old one is gone. {_NEVER_KILL}"
    return Sign("down", f"{because}, but threads of it are blocked ({waits})", disk)


def _stopped(osd: Osd, how: str) -> Sign:
    silent = osd.socket is not None and osd.socket.answer == "silent"
    because = f"{_process(osd)} {how}" + ("; its admin socket does not answer" if silent else "")
    return Sign("stopped", because, f"Continue {osd} (SIGCONT); a restart only if that does not help. {_NEVER_KILL}")


def _stuck(osd: Osd, how: str) -> Sign:
    process = osd.process
    because = f"{_process(osd)} runs (STAT {process.state if process else '?'}): {how}"
    if process is None or not process.blocked:
        return Sign("stuck", because, f"Restart {osd}, if the cluster says it is ok to stop. {_NEVER_KILL}")
    waits = ", ".join(process.blocked_in)
    because += f"; {process.blocked} of its {process.threads} threads are blocked ({waits})"
    disk = f"Look at the disk of {osd} first: a restart may leave a process that cannot end. {_NEVER_KILL}"
    return Sign("stuck", because, disk)


def _process(osd: Osd) -> str:
    process = osd.process
    return f"ceph-osd of {osd}" + (f" (pid {process.pid})" if process else "")


def _counted(ops: tuple[OsdOp, ...]) -> str:
    oldest = max(ops, key=lambda op: op.age_s)
    what = "an operation has" if len(ops) == 1 else f"{len(ops)} operations have"
    return f"{what} been in hand for up to {oldest.age_s:.0f} s ({oldest.flag_point})"
