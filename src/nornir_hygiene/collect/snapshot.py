"""Bytes of one exec to a Snapshot, or to the reason why there is none. Total: any bytes give one or the other."""

import re
from datetime import UTC, datetime

from nornir_hygiene.collect.closer import gone_meanwhile, left_out, suspects_of
from nornir_hygiene.collect.refusal import why_nothing
from nornir_hygiene.collect.table import process_table
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import BlockDevice, Gap, HostFacts, Mount, NotObserved, RbdDevice, Snapshot, Stall
from nornir_hygiene.models.process import Process
from nornir_hygiene.models.window import IoUse
from nornir_hygiene.parse.cpu import parse_cpu_quotas, parse_cpu_use
from nornir_hygiene.parse.devices import (
    parse_block_devices,
    parse_ceph_clients,
    parse_cmdlines,
    parse_fuse_connections,
    parse_mounts,
    parse_nodes,
    parse_rbd_sysfs,
    rbd_fuse_devices,
)
from nornir_hygiene.parse.facts import parse_facts
from nornir_hygiene.parse.fields import unsigned
from nornir_hygiene.parse.frames import Frames, Section, parse_frames
from nornir_hygiene.parse.freezers import parse_freezers
from nornir_hygiene.parse.hung_tasks import parse_hung_reports, parse_lock_owners
from nornir_hygiene.parse.io import parse_io_use
from nornir_hygiene.parse.names import parse_pod_names
from nornir_hygiene.parse.pids import parse_pids
from nornir_hygiene.parse.shares import parse_cpu_shares
from nornir_hygiene.parse.suspects import parse_cgroup_paths

_HIDEPID = re.compile(r"\bhidepid=(1|2|4|noaccess|invisible|ptraceable)\b")
_TABLES = ("stat", "ps", "status-only")
_ENDED = {
    "deadline": "our deadline passed",
    "limit": "the output was larger than max_output_bytes",
    "lost": "the connection broke",
    "closed": "the command ended early",
}


def read_answer(answer: Answer, nonce: str, taken_at: datetime | None = None) -> Snapshot | NotObserved:
    """What was collected is never lost: a broken answer with a process table is an incomplete Snapshot."""
    frames = parse_frames(answer.stdout, nonce)
    own = frames.named("own-cgroup")
    layout = own[0].args.get("layout", "none") if own else "none"
    facts = parse_facts(frames.lines("host"), frames.lines("kernel"), frames.lines("own-cgroup"), layout)
    if facts is None or not any(frames.named(name) for name in _TABLES):
        return why_nothing(answer, frames)
    table = process_table(frames, facts.boot_time)
    gone = gone_meanwhile(frames) | _ourselves(table.processes, facts.shell_pid)
    processes = tuple(process for process in table.processes if process.pid not in gone)
    suspects = suspects_of(frames, {process.pid: process.start_ticks for process in processes})
    blocks, rbds, mounts = _storage(frames)
    root = own[0].args.get("root", "") if own else ""
    gaps = _gaps(answer, frames, table.refused) + _rights(facts, frames.lines("kernel"))
    return Snapshot(
        taken_at=taken_at or datetime.now(UTC),
        facts=facts,
        processes=processes,
        suspects=tuple(suspect for suspect in suspects if suspect.pid not in gone),
        suspects_left_out=left_out(frames),
        pids_cgroups=parse_pids(frames.lines("own-cgroup", "pids"), root) if root else (),
        pod_names=parse_pod_names(frames.lines("names")),
        rbd_devices=rbds,
        ceph_clients=parse_ceph_clients(frames.lines("osdc")),
        block_devices=blocks,
        mounts=mounts,
        freezers=parse_freezers(frames.lines("freezer"), frames.lines("freezer-again")),
        cpu_quotas=parse_cpu_quotas(frames.lines("pids"), frames.lines("cpu"), frames.lines("cpu-again")),
        cpu_use=parse_cpu_use(frames.lines("cpu"), frames.lines("cpu-again")),
        cpu_shares=parse_cpu_shares(frames.lines("shares"), frames.lines("shares-again")),
        io_use=_io_use(frames),
        fuse_connections=parse_fuse_connections(frames.lines("devices")),
        lock_owners=parse_lock_owners(frames.lines("lock-owners")),
        hung_reports=parse_hung_reports(frames.lines("lock-owners")),
        stalls=_stalls(frames),
        gaps=gaps,
        complete=_complete(frames) and answer.ended != "limit",
    )


def _ourselves(processes: tuple[Process, ...], shell_pid: int | None) -> set[int]:
    """The probe's shell and its readers: a shell in vfork is in D for a moment, and that is our own doing."""
    return {process.pid for process in processes if shell_pid and shell_pid in (process.pid, process.ppid)}


def _io_use(frames: Frames) -> IoUse | None:
    before, after = frames.lines("io-before"), frames.lines("io-after")
    return parse_io_use(before, after, frames.lines("io-top"), parse_cgroup_paths(frames.lines("io-cgroup")))


def _storage(frames: Frames) -> tuple[tuple[BlockDevice, ...], tuple[RbdDevice, ...], tuple[Mount, ...]]:
    nodes = parse_nodes(frames.lines("nodes"))
    cmdlines = parse_cmdlines(frames.lines("cmdline"))
    blocks = parse_block_devices(frames.lines("devices", "inflight-again"), nodes, cmdlines)
    mounts = parse_mounts(frames.lines("mounts"))
    kernel_rbd = parse_rbd_sysfs(frames.lines("devices"), frames.lines("osdc"))
    fuse_rbd = rbd_fuse_devices(blocks, mounts, cmdlines)
    return blocks, kernel_rbd + fuse_rbd, mounts


def _complete(frames: Frames) -> bool:
    """The probe said so itself, with its last line."""
    last = frames.named("end")
    return frames.ended and bool(last) and last[-1].args.get("complete") == "yes"


def _stalls(frames: Frames) -> tuple[Stall, ...]:
    return tuple(_stall(section) for section in frames.sections if section.name in ("stall", "abandoned"))


def _stall(section: Section) -> Stall:
    args = section.args
    pid, _, file = args.get("at", "").partition("/")
    reader = f"{args.get('reader', '?')} {args.get('ticks', '?')}"
    left = section.name == "abandoned" or args.get("died") == "no"
    return Stall(
        section=args.get("section", "?"),
        pid=unsigned(args.get("pid", pid)),
        file=file or None,
        abandoned=reader if left else None,
    )


def _rights(facts: HostFacts, kernel: list[str]) -> tuple[Gap, ...]:
    """What this user could not see: not an error, but no proof of absence either."""
    gaps = []
    if facts.uid not in (0, None):
        why = f"uid {facts.uid}: no stacks, no wait channels and no open files of other users; set sudo: true"
        gaps.append(Gap(section="rights", why=why))
    if facts.uid != 0 and any(" /proc " in line and _HIDEPID.search(line) for line in kernel):
        gaps.append(Gap(section="rights", why="/proc is mounted with hidepid: other users' processes are hidden"))
    return tuple(gaps)


def _gaps(answer: Answer, frames: Frames, refused: int) -> tuple[Gap, ...]:
    gaps = [Gap(section=s.args.get("section", "?"), why=s.args.get("why", "?")) for s in frames.named("gap")]
    if not frames.ended:
        last = frames.sections[-1].name if frames.sections else "nothing"
        gaps.append(Gap(section=last, why=f"probe-cut-short: {_ENDED[answer.ended]} in this section"))
    elif answer.ended == "limit":
        why = f"output-too-large: {len(answer.stdout)} bytes came, most of them not the probe's"
        gaps.append(Gap(section="answer", why=why))
    if refused:
        gaps.append(Gap(section="table", why=f"{refused} lines had an unknown form"))
    if frames.stray:
        gaps.append(Gap(section="answer", why=f"{frames.stray} lines were not the probe's"))
    return tuple(gaps)
