"""The second question, to a host of a Ceph cluster: its request, and its answer as a ClusterView. Total, too."""

from collections.abc import Iterator
from datetime import UTC, datetime

from nornir_hygiene.collect.refusal import why_nothing
from nornir_hygiene.collect.request import probe_request
from nornir_hygiene.collect.scripts import CEPH, script_of
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.cluster import ClusterView, OsdEntry, OsdProcess, OsdSocket, PoolEntry
from nornir_hygiene.models.host import Gap, NotObserved
from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.parse.ceph import (
    parse_blocked_by,
    parse_ceph_health,
    parse_ceph_status,
    parse_osd_dump,
    parse_osd_tree,
    parse_pg_sums,
)
from nornir_hygiene.parse.fields import unsigned
from nornir_hygiene.parse.frames import Frames, Section, parse_frames
from nornir_hygiene.parse.osd import osd_of_command, osd_unit, parse_ops
from nornir_hygiene.parse.stat import parse_stat
from nornir_hygiene.parse.suspects import Task, parse_cgroup_paths, parse_tasks

# Different waits of the blocked threads of one OSD.
_WAITS_SHOWN = 12
_OPS_KEPT = 200
# The script's fourth argument.
_OWN_ONLY = 0


def ceph_script() -> bytes:
    """The constant text of the second probe."""
    return script_of(CEPH)


def cluster_request(settings: HostSettings, remaining_s: float, *, whole_map: bool = True) -> ProbeRequest:
    """The same command and arguments as the first question; another script.

    Without the map it asks the host's own OSDs, and whether the monitors answer: the map of a thousand OSDs is half a
    megabyte, and the same from every host.
    """
    asked = probe_request(settings, remaining_s, None if whole_map else _OWN_ONLY)
    return asked.model_copy(update={"script": ceph_script()})


def read_cluster_answer(
    answer: Answer, nonce: str, host: str, aged_after_s: float, taken_at: datetime | None = None
) -> ClusterView:
    """What came is never lost: an answer that broke off gives what was whole, and says that it broke off."""
    frames = parse_frames(answer.stdout, nonce)
    view = ClusterView(host=host, taken_at=taken_at or datetime.now(UTC), aged_after_s=aged_after_s)
    if not frames.named("begin") or "ceph" not in frames.named("begin")[0].args:
        return unasked(view, why_nothing(answer, frames))
    monitors = _monitors(frames)
    own = {
        "hostname": _fact(frames, "hostname"),
        "processes": tuple(_processes(frames)),
        "sockets": tuple(_socket(section, frames) for section in _asked_sockets(frames)),
        "gaps": tuple(_gaps(answer, frames)),
        "complete": frames.ended and frames.named("end")[-1].args.get("complete") == "yes",
    }
    return view.model_copy(update={**own, **monitors})


def unasked(view: ClusterView, why: NotObserved) -> ClusterView:
    """A host of the group that gave no answer at all."""
    said = f"{why.reason}: {why.detail}"
    return view.model_copy(update={"not_observed": why, "why_not": said, "complete": False})


def _fact(frames: Frames, name: str) -> str:
    return next((line.partition(" ")[2] for line in frames.lines("host") if line.startswith(f"{name} ")), "")


# ---- the monitors' word ------------------------------------------------------------------------------------------


def _monitors(frames: Frames) -> dict[str, object]:
    status = parse_ceph_status(frames.lines("status"))
    if status is None:
        return {"answered": False, "why_not": _why_silent(frames)}
    dump = parse_osd_dump(frames.lines("osd-dump"))
    health = parse_ceph_health(frames.lines("health"))
    return {
        "answered": True,
        "fsid": status.fsid,
        "quorum": status.quorum,
        "pg_states": status.pg_states,
        "checks": health or status.checks,
        "flags": dump.flags,
        "osds": _osds(dump.osds, parse_osd_tree(frames.lines("osd-tree"))),
        "pools": _pools(dump.pools, parse_pg_sums(frames.lines("pgs"))),
        "blocklist": dump.blocklist,
        "blocking": parse_blocked_by(frames.lines("blocked-by")),
    }


def _why_silent(frames: Frames) -> str:
    """In the words of `ceph` where it has some; it may also hang in spite of its own --connect-timeout."""
    gap = next((gap for gap in frames.named("gap") if gap.args.get("section") in ("status", "all")), None)
    if gap:
        return f"the monitors were not asked: {gap.args.get('why', '?')}"
    asked = frames.named("status")
    if not asked:
        return "the answer broke off before the monitors were asked"
    said = "; ".join(line.strip()[:200] for line in frames.lines("status-error"))
    if asked[-1].args.get("late"):
        return "`ceph status` did not end within its deadline" + (f": {said}" if said else "")
    return f"`ceph status` failed: {said or 'exit status ' + asked[-1].args.get('rc', '?')}"


def _osds(entries: tuple[OsdEntry, ...], hosts: dict[int, str]) -> tuple[OsdEntry, ...]:
    return tuple(entry.model_copy(update={"host": hosts.get(entry.osd) or None}) for entry in entries)


def _pools(entries: tuple[PoolEntry, ...], sums: dict[int, PoolEntry]) -> tuple[PoolEntry, ...]:
    known = {entry.pool: entry for entry in entries}
    joined = {
        pool: known.get(pool, each).model_copy(update={"osds": each.osds, "pg_states": each.pg_states})
        for pool, each in sums.items()
    }
    return tuple(pool for _, pool in sorted({**known, **joined}.items()))


# ---- the host's own OSDs -----------------------------------------------------------------------------------------


def _asked_sockets(frames: Frames) -> Iterator[Section]:
    for section in frames.sections:
        told = section.name == "socket" or (section.name == "gap" and section.args.get("section") == "socket")
        if told and _osd_in(section) is not None:
            yield section


def _osd_in(section: Section) -> int | None:
    found = unsigned(section.args.get("osd", ""))
    return found if found is not None and found < 2**31 - 1 else None


def _socket(section: Section, frames: Frames) -> OsdSocket:
    osd = _osd_in(section) or 0
    if section.name == "gap":
        return OsdSocket(osd=osd, answer="unknown", detail=section.args.get("why", "?"))
    if section.args.get("late"):
        return _late(osd, section.args.get("wait", ""))
    ops, whole = parse_ops(list(section.lines))
    if section.args.get("rc") == "0" and (ops or whole):
        kept = ops[:_OPS_KEPT]
        return OsdSocket(osd=osd, answer="answered", ops=kept, op_count=len(ops), cut=not whole or len(ops) > len(kept))
    said = _complaint(osd, frames) or f"exit status {section.args.get('rc', '?')}"
    return OsdSocket(osd=osd, answer="refused" if "refused" in said.lower() else "unknown", detail=said)


def _late(osd: int, wait: str) -> OsdSocket:
    """Our child was killed at its deadline. Waiting in the socket, it had asked; anywhere else, it had not yet."""
    if wait.lstrip("_").startswith(("unix_", "skb_", "sock_", "wait_for_more_packets")):
        return OsdSocket(osd=osd, answer="silent", detail=f"it took the question and did not answer ({wait})")
    return OsdSocket(osd=osd, answer="unknown", detail=f"the question did not come through ({wait or 'running'})")


def _complaint(osd: int, frames: Frames) -> str:
    errors = (section for section in frames.named("socket-error") if _osd_in(section) == osd)
    return "; ".join(line.strip()[:200] for section in errors for line in section.lines)


def _processes(frames: Frames) -> Iterator[OsdProcess]:
    """Each ceph-osd whose number is known, from its unit or else from its command line."""
    stats, _, _ = parse_stat(frames.lines("osd-stat"))
    starts = {row.pid: row.start_ticks for row in stats}
    cgroups = parse_cgroup_paths(frames.lines("osd-cgroup"))
    commands = {unsigned(section.args.get("pid", "")): section.lines for section in frames.named("osd-cmdline")}
    for pid, tasks in sorted(parse_tasks(frames.lines("osd-status", "osd-wchan")).items()):
        osd, unit = osd_unit(cgroups.get(pid, ()))
        if osd is None:
            osd = osd_of_command(tuple("".join(commands.get(pid, ())).removesuffix("\x1f").split("\x1f")))
        leader = tasks.get(pid)
        if osd is not None and leader is not None and leader.fields.get("State"):
            yield _process(osd, pid, starts.get(pid), unit, tasks)


def _process(osd: int, pid: int, start_ticks: int | None, unit: str, tasks: dict[int, Task]) -> OsdProcess:
    blocked = [task.wchan or "?" for task in tasks.values() if task.fields.get("State", "").startswith("D")]
    return OsdProcess(
        osd=osd,
        pid=pid,
        start_ticks=start_ticks,
        state=tasks[pid].fields["State"][:1],
        wchan=tasks[pid].wchan,
        threads=len(tasks),
        blocked=len(blocked),
        blocked_in=tuple(sorted(set(blocked)))[:_WAITS_SHOWN],
        unit=unit,
    )


def _gaps(answer: Answer, frames: Frames) -> Iterator[Gap]:
    for gap in frames.named("gap"):
        yield Gap(section=gap.args.get("section", "?"), why=gap.args.get("why", "?"))
    for section in frames.sections:
        if section.name not in ("socket", "status") and section.args.get("late"):
            yield Gap(section=section.name, why="did not end within its deadline")
    if not frames.ended:
        last = frames.sections[-1].name if frames.sections else "nothing"
        yield Gap(section=last, why=f"probe-cut-short: {answer.ended} in this section")
