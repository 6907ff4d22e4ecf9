"""What the tests of the diagnosis start from: the shipped catalogue, snapshots from text, and arbitrary snapshots."""

from datetime import UTC, datetime
from functools import cache

from hypothesis import strategies as st

from nornir_hygiene.content import wait_catalogue_data
from nornir_hygiene.diagnose import WaitCatalogue, diagnose
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.models.cgroup import Freezer, PidsCgroup
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import BlockDevice, FuseConnection, Gap, HostFacts, Mount, RbdDevice, Snapshot, Stall
from nornir_hygiene.models.process import CgroupPath, FdLink, Process, SignalMasks, Suspect, ThreadLook
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.window import CpuQuota, CpuShare, CpuShares, CpuUse, DiskUse, IoUse, ProcessIo, Throttling


@cache
def shipped_catalogue() -> WaitCatalogue:
    return WaitCatalogue.joined(WaitCatalogue.model_validate(file.content) for file in wait_catalogue_data())


def findings_of(text: str, thresholds: Thresholds | None = None) -> tuple[Finding, ...]:
    return diagnose("host-1", snapshot_from(text), thresholds or Thresholds(), shipped_catalogue())


def kinds_of(text: str, thresholds: Thresholds | None = None) -> list[str]:
    return [finding.kind for finding in findings_of(text, thresholds)]


def the_finding(text: str, kind: str, thresholds: Thresholds | None = None) -> Finding:
    (found,) = [finding for finding in findings_of(text, thresholds) if finding.kind == kind]
    return found


def fact(finding: Finding, name: str) -> str | None:
    return next((one.value for one in finding.evidence.facts if one.name == name), None)


# Few different values, so that pids, devices and paths meet; some of them hostile.
_pids = st.integers(-1, 12)
_names = st.sampled_from(
    [
        "containerd",
        "containerd-shim",
        "umount",
        "qemu-system-x86",
        "fsck",
        "jbd2/loop3-8",
        "kworker/u4:1+flush-7:3",
        "loop3",
        "",
        "a b)\n",
        "x" * 300,
        "conmon",
        "\x1b[31m",
        "é",
    ]
)
_states = st.sampled_from(["D", "S", "Z", "R", "T", "t", "I", "X", "?", ""])
_known = [
    "folio_wait_bit_common",
    "kernel_clone",
    "access_remote_vm",
    "vma_start_write",
    "percpu_rwsem_wait",
    "do_wait",
]
_odd = [
    "",
    "_",
    "....",
    "do_",
    "odd_wait",
    "[<0>] odd+0x1/0x2",
    "*",
    "mutex_lock",
    "request_wait_answer",
    "ep_poll",
    "refrigerator",
    "get_signal",
    "hrtimer_nanosleep",
    "super_lock",
    "cleanup_mnt",
    "rpc_wait_bit_killable",
    "path_openat",
]
_symbols = st.sampled_from([*_known, *_odd])
_ages = st.none() | st.sampled_from([0.0, 5.0, 31.0, 500.0, -3.0, float("nan"), float("inf")]) | st.floats()
_ticks = st.none() | st.integers(-1, 3)
_paths = st.sampled_from(
    ["/", "", "/a", "/a/b", "/a/b (deleted)", "/user.slice/session-1.scope", "//", "rel", "/a.service"]
)
_nodes = ["/dev/rbd3", "/dev/loop3", "/dev/null", "/dev/mapper/vg-lv", "/dev/sda1"]
_links = ["/data/file", "/proc/3/cmdline", "/proc/999999999/stat", "net:[4026]", "socket:[1]", "/proc/1/ns/net", ""]
_targets = st.sampled_from([*_nodes, *_links])
_maj_mins = st.sampled_from(["7:3", "252:0", "", "0:51"])
_counts = st.integers(-2, 200)

_threads = st.builds(
    ThreadLook,
    tid=_pids,
    comm=_names,
    state=_states,
    wchan=st.none() | _symbols,
    switches=st.none() | _counts,
    last_ran_age_s=_ages,
    stack=st.lists(_symbols, max_size=3).map(tuple),
)
_masks = st.integers(-1, 1 << 65)
_signals = st.builds(SignalMasks, pending=_masks, shared_pending=_masks, blocked=_masks, ignored=_masks, caught=_masks)
_suspects = st.builds(
    Suspect,
    pid=_pids,
    start_ticks=_ticks,
    nspid=st.lists(_pids, max_size=3).map(tuple),
    tracer_pid=st.none() | _pids,
    signals=st.none() | _signals,
    threads=st.lists(_threads, max_size=4).map(tuple),
    cgroups=st.lists(
        st.builds(
            CgroupPath,
            hierarchy=_counts,
            controllers=st.sampled_from([(), ("pids",), ("freezer",), ("",)]),
            path=_paths,
        ),
        max_size=2,
    ).map(tuple),
    fds=st.lists(
        st.builds(FdLink, fd=st.integers(0, 5), target=_targets | st.just("/dev/fuse"), writable=st.booleans()),
        max_size=3,
    ).map(tuple),
    cwd=st.none() | _paths | _targets,
    unchanged_for_s=_ages,
)
_processes = st.builds(
    Process,
    pid=_pids,
    ppid=_pids,
    comm=_names,
    state=_states,
    start_ticks=_ticks,
    wchan=st.none() | _symbols,
    threads=st.none() | _counts,
    session=st.none() | _pids,
    rss_kib=st.none() | _counts,
    kernel_thread=st.booleans(),
    exiting=st.booleans(),
    tty_nr=st.none() | _counts,
)
_facts = st.builds(
    HostFacts,
    boot_id=st.just("b0071d"),
    kernel=st.just("6.1.0"),
    hostname=st.just("h"),
    uptime_s=st.sampled_from([0.0, 1.0, 1e6]),
    load=st.none() | st.tuples(st.floats(), st.floats(), st.floats()),
    tasks_running=st.none() | _counts,
    tasks_total=st.none() | _counts,
    pid_max=st.none() | _counts,
    threads_max=st.none() | _counts,
    cpus=st.none() | _counts,
)
_odd_floats = st.sampled_from([0.0, 1.0, 50.0, 95.0, -1.0, float("nan"), float("inf")])
_cpu_uses = st.builds(CpuUse, seconds=_odd_floats, idle_pct=_odd_floats, iowait_pct=_odd_floats)
_quotas = st.builds(
    CpuQuota,
    path=_paths,
    version=st.sampled_from([1, 2]),
    quota_us=_counts,
    period_us=_counts,
    weight=st.none() | _counts,
    lately=st.none()
    | st.builds(Throttling, seconds=_odd_floats, periods=_counts, throttled=_counts, throttled_ms=_odd_floats),
)
_cpu_shares = st.builds(
    CpuShares,
    cpu=_cpu_uses,
    groups=st.lists(
        st.builds(CpuShare, path=_paths, weight=_counts, used_pct=_odd_floats, starved_pct=st.none() | _odd_floats),
        max_size=4,
    ).map(tuple),
)
_bytes = st.sampled_from([0, 1, 50 << 20, 1 << 62, -5])
_io_uses = st.builds(
    IoUse,
    cpu=_cpu_uses,
    pressure_pct=st.none() | _odd_floats,
    disks=st.lists(
        st.builds(
            DiskUse,
            name=_names,
            read_bytes=_bytes,
            written_bytes=_bytes,
            completed=_counts,
            busy_ms=st.integers(-5, 5000),
        ),
        max_size=2,
    ).map(tuple),
    processes=st.lists(
        st.builds(
            ProcessIo,
            pid=_pids,
            ppid=_pids,
            comm=_names,
            read_bytes=_bytes,
            written_bytes=_bytes,
            cgroups=st.lists(
                st.builds(CgroupPath, hierarchy=_counts, controllers=st.just(()), path=_paths), max_size=1
            ).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
)
snapshots = st.builds(
    Snapshot,
    taken_at=st.just(datetime(2026, 11, 21, tzinfo=UTC)),
    facts=_facts,
    processes=st.lists(_processes, max_size=12).map(tuple),
    suspects=st.lists(_suspects, max_size=8).map(tuple),
    pids_cgroups=st.lists(
        st.builds(
            PidsCgroup,
            path=_paths,
            current=_counts,
            limit=st.none() | _counts,
            peak=st.none() | _counts,
            refused=st.none() | _counts,
        ),
        max_size=5,
    ).map(tuple),
    rbd_devices=st.lists(
        st.builds(
            RbdDevice,
            device=_targets,
            maj_min=_maj_mins,
            pool=st.none() | _names,
            image=st.none() | _names,
            proof=st.sampled_from(["sysfs", "rbd-fuse"]),
        ),
        max_size=2,
    ).map(tuple),
    block_devices=st.lists(
        st.builds(
            BlockDevice,
            name=st.sampled_from(["loop3", "sda", "rbd3", ""]),
            maj_min=_maj_mins,
            nodes=st.lists(_targets, max_size=2).map(tuple),
            in_flight=st.none() | st.tuples(_counts, _counts),
            backing_file=st.none() | _targets,
            below=st.lists(st.sampled_from(["loop3", "sda", "rbd3", "rbd3p1", ""]), max_size=2).map(tuple),
            suspended=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    mounts=st.lists(
        st.builds(
            Mount,
            maj_min=_maj_mins,
            point=_paths | st.sampled_from(["/data", "/"]),
            fstype=_names | st.sampled_from(["ext4", "fuse.s3fs", "fuse", "nfs4", "overlay"]),
            source=_targets | st.sampled_from(["nas:/export", "[fd00::1]:/x"]),
        ),
        max_size=3,
    ).map(tuple),
    freezers=st.lists(
        st.builds(
            Freezer,
            path=_paths,
            version=st.sampled_from([1, 2]),
            frozen=st.booleans(),
            own=st.booleans(),
            again=st.none() | st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    cpu_quotas=st.lists(_quotas, max_size=3).map(tuple),
    cpu_use=st.none() | _cpu_uses,
    cpu_shares=st.none() | _cpu_shares,
    io_use=st.none() | _io_uses,
    fuse_connections=st.lists(st.builds(FuseConnection, minor=_counts, waiting=_counts), max_size=2).map(tuple),
    stalls=st.lists(
        st.builds(Stall, section=_names, pid=st.none() | _pids, file=st.none() | _names, abandoned=st.none() | _names),
        max_size=2,
    ).map(tuple),
    gaps=st.just((Gap(section="x", why="y"),)),
)
