"""Snapshots written as a few lines of text: what a rule matches and what it spares, readable beside the rule.

One process per line, `PID PPID STAT COMM WCHAN key=value …`; `[comm]` is a kernel thread; `-` is no wait channel:

    181 1   Ss fsck      do_wait
    183 181 D  fsck.ext4 folio_wait_bit_common age=60 fd=/dev/rbd3

A line that begins with `+` is one more thread of the process above: `+TID STATE COMM WCHAN key=value …`.
Keys of a process: start sid threads rss tty exiting; of the closer look (any one makes a suspect): age unchanged fd
fdw (opened for writing) cwd cg fz (cgroup of the v1 freezer) uid stack std (where fd 0 to 2 point) sigcgt sigign sigblk
nspid tracer, or the bare word `looked`.
Other lines: `rbd`, `block`, `mount`, `pids`, `stall`, `freezer`, `fuse`, `lock`, `hung`, `asks`, `quota`, `share`,
`iowait`, `io`, `host`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nornir_hygiene.diagnose.kernel_samples import asks_line, hung_line, lock_line
from nornir_hygiene.diagnose.window_samples import io_line, iowait_line, quota_line, share_line, shares_of
from nornir_hygiene.models.cgroup import Freezer, PidsCgroup
from nornir_hygiene.models.host import (
    BlockDevice,
    FuseConnection,
    HostFacts,
    Mount,
    RbdDevice,
    Snapshot,
    Stall,
)
from nornir_hygiene.models.process import (
    CgroupPath,
    FdLink,
    Process,
    SignalMasks,
    Suspect,
    ThreadLook,
)

_TAKEN = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
_FACTS = HostFacts(boot_id="b0071d", kernel="6.1.0", hostname="sample", uptime_s=86400.0)
_TABLE_ONLY = frozenset({"start", "sid", "threads", "rss", "tty", "exiting"})


@dataclass(frozen=True)
class Sample:
    """One situation of a rule, with a name that says what is special about it."""

    name: str
    text: str

    @property
    def snapshot(self) -> Snapshot:
        """The text as a snapshot."""
        return snapshot_from(self.text)


def snapshot_from(text: str) -> Snapshot:
    """See the module's head for the form; a line that cannot be read is an error of the sample."""
    groups: list[list[list[str]]] = []
    others: dict[str, list[Any]] = {key: [] for key in _FIELDS.values()}
    for words in (line.split() for line in text.splitlines() if line.strip()):
        if words[0] in _LINES:
            others[_FIELDS[words[0]]].append(_LINES[words[0]](words[1:]))
        elif words[0].startswith("+"):
            groups[-1].append(words)
        else:
            groups.append([words])
    suspects = tuple(_suspect(rows) for rows in groups if _looked_at(rows))
    facts, io_use, moved = others.pop("facts"), others.pop("io_use"), others.pop("moved")
    return Snapshot(
        taken_at=_TAKEN,
        facts=_FACTS.model_copy(update=facts[0] if facts else {}),
        processes=tuple(_process(rows[0]) for rows in groups),
        suspects=suspects,
        cpu_shares=shares_of(others.pop("cpu_shares")),
        io_use=io_use[0].model_copy(update={"processes": tuple(moved)}) if io_use else None,
        **others,
    )


def _keys(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        key, _, value = word.partition("=")
        found.setdefault(key, []).append(value)
    return found


def _process(words: list[str]) -> Process:
    pid, ppid, stat, comm, wchan = words[:5]
    keys = _keys(words[5:])
    one = {key: int(values[0]) for key, values in keys.items() if key in _TABLE_ONLY and values[0] != "?"}
    return Process(
        pid=int(pid),
        ppid=int(ppid),
        comm=comm.strip("[]"),
        state=stat[0],
        flags=stat[1:],
        start_ticks=None if keys.get("start") == ["?"] else one.get("start", int(pid) * 10),
        wchan=None if wchan == "-" else wchan,
        threads=one.get("threads", 1),
        session=one.get("sid", int(pid)),
        tty_nr=one.get("tty", 0),
        rss_kib=one.get("rss", 1000),
        kernel_thread=comm.startswith("["),
        exiting=bool(one.get("exiting", 0)),
    )


def _looked_at(rows: list[list[str]]) -> bool:
    return len(rows) > 1 or bool(set(_keys(rows[0][5:])) - _TABLE_ONLY)


def _suspect(rows: list[list[str]]) -> Suspect:
    process, keys = _process(rows[0]), _keys(rows[0][5:])
    leader = _thread(process.pid, [process.state, process.comm, *rows[0][4:]])
    return Suspect(
        pid=process.pid,
        start_ticks=process.start_ticks,
        uid=_number(keys, "uid"),
        tracer_pid=_number(keys, "tracer"),
        nspid=tuple(int(pid) for value in keys.get("nspid", []) for pid in value.split(",")),
        signals=_signals(keys),
        threads=(leader, *(_thread(int(words[0][1:]), words[1:]) for words in rows[1:])),
        cgroups=tuple(_cgroup(key, path) for key in ("cg", "fz") for path in keys.get(key, [])),
        fds=tuple(
            FdLink(fd=number, target=target, writable=target in keys.get("fdw", [])) for number, target in _fds(keys)
        ),
        cwd=keys["cwd"][0] if "cwd" in keys else None,
        unchanged_for_s=float(keys["unchanged"][0]) if "unchanged" in keys else None,
    )


def _thread(tid: int, words: list[str]) -> ThreadLook:
    state, comm, wchan, *rest = words
    keys = _keys(rest)
    return ThreadLook(
        tid=tid,
        comm=comm.strip("[]"),
        state=state[0],
        wchan=None if wchan == "-" else wchan,
        last_ran_age_s=float(keys["age"][0]) if "age" in keys else None,
        stack=tuple(keys["stack"][0].split("<")) if "stack" in keys else (),
    )


def _cgroup(key: str, path: str) -> CgroupPath:
    if key == "fz":
        return CgroupPath(hierarchy=6, controllers=("freezer",), path=_spaced(path))
    return CgroupPath(hierarchy=0, controllers=(), path=_spaced(path))


def _signals(keys: dict[str, list[str]]) -> SignalMasks | None:
    if not {"sigcgt", "sigign", "sigblk"} & set(keys):
        return None
    masks = {key: int(keys[key][0], 16) if key in keys else 0 for key in ("sigcgt", "sigign", "sigblk")}
    return SignalMasks(
        pending=0, shared_pending=0, blocked=masks["sigblk"], ignored=masks["sigign"], caught=masks["sigcgt"]
    )


def _fds(keys: dict[str, list[str]]) -> list[tuple[int, str]]:
    standard = [(number, keys["std"][0]) for number in range(3)] if "std" in keys else []
    return [*standard, *enumerate(keys.get("fd", []) + keys.get("fdw", []), 3)]


def _number(keys: dict[str, list[str]], key: str) -> int | None:
    return int(keys[key][0]) if key in keys else None


def _spaced(path: str) -> str:
    return path.replace("%20", " ")


def _rbd(words: list[str]) -> RbdDevice:
    """`rbd /dev/rbd3 7:3 pool/image sysfs`."""
    pool, _, image = words[2].partition("/")
    return RbdDevice.model_validate(
        {"device": words[0], "maj_min": words[1], "pool": pool, "image": image, "proof": words[3]}
    )


def _block(words: list[str]) -> BlockDevice:
    """`block loop3 7:3 nodes=/dev/rbd3,/dev/loop3 flight=1,0 backing=/file below=8:0 client=nbd,nas suspended`."""
    keys = _keys(words[2:])
    read, write = (int(one) for one in keys.get("flight", ["0,0"])[0].split(","))
    return BlockDevice(
        name=words[0],
        maj_min=words[1],
        nodes=tuple(keys["nodes"][0].split(",")) if "nodes" in keys else (),
        in_flight=(read, write) if "flight" in keys else None,
        backing_file=keys["backing"][0] if "backing" in keys else None,
        below=tuple(keys["below"][0].split(",")) if "below" in keys else (),
        suspended="suspended" in keys,
        client=tuple(keys["client"][0].split(",")) if "client" in keys else (),
    )


def _mount(words: list[str]) -> Mount:
    """`mount 7:3 /data ext4 /dev/loop3`."""
    return Mount(maj_min=words[0], point=words[1], fstype=words[2], source=words[3])


def _pids(words: list[str]) -> PidsCgroup:
    """`pids /system.slice/x.service 90 100 refused=3`; the limit may be `max`."""
    return PidsCgroup(
        path=_spaced(words[0]),
        current=int(words[1]),
        limit=None if words[2] == "max" else int(words[2]),
        refused=_number(_keys(words[3:]), "refused"),
    )


def _stall(words: list[str]) -> Stall:
    """`stall 700 cmdline`; pid or file may be `-`."""
    pid, file = (None if word == "-" else word for word in words[:2])
    return Stall(section="ps", pid=None if pid is None else int(pid), file=file)


def _freezer(words: list[str]) -> Freezer:
    """`freezer /app v1 frozen own`, or `thawed`; `again=thawed` where the second look differs."""
    keys = _keys(words[3:])
    frozen = words[2] == "frozen"
    again = keys["again"][0] == "frozen" if "again" in keys else frozen
    return Freezer(path=words[0], version=1 if words[1] == "v1" else 2, frozen=frozen, own="own" in keys, again=again)


def _fuse(words: list[str]) -> FuseConnection:
    """`fuse 45 3`: three requests wait in the connection of the mount 0:45."""
    return FuseConnection(minor=int(words[0]), waiting=int(words[1]))


def _host(words: list[str]) -> dict[str, Any]:
    """`host load=38 cpus=4 running=2 tasks=900 pid_max=32768 threads_max=100000`."""
    keys = {key: int(values[0]) for key, values in _keys(words).items()}
    names = {"running": "tasks_running", "tasks": "tasks_total"}
    facts: dict[str, Any] = {names.get(key, key): value for key, value in keys.items() if key != "load"}
    return facts | ({"load": (float(keys["load"]),) * 3} if "load" in keys else {})


_LINES: dict[str, Callable[[list[str]], Any]] = {
    "rbd": _rbd,
    "block": _block,
    "mount": _mount,
    "pids": _pids,
    "stall": _stall,
    "freezer": _freezer,
    "fuse": _fuse,
    "quota": quota_line,
    "share": share_line,
    "iowait": iowait_line,
    "io": io_line,
    "lock": lock_line,
    "hung": hung_line,
    "asks": asks_line,
    "host": _host,
}
_FIELDS = {
    "rbd": "rbd_devices",
    "block": "block_devices",
    "mount": "mounts",
    "pids": "pids_cgroups",
    "stall": "stalls",
    "freezer": "freezers",
    "fuse": "fuse_connections",
    "quota": "cpu_quotas",
    "share": "cpu_shares",
    "iowait": "io_use",
    "io": "moved",
    "lock": "lock_owners",
    "hung": "hung_reports",
    "asks": "ceph_clients",
    "host": "facts",
}
