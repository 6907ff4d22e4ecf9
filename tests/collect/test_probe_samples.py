"""What the probe looks at twice, and which threads it looks for, shown with real processes and cgroups of our own."""

import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.models.window import CpuQuota
from nornir_hygiene.parse.frames import parse_frames
from tests.collect.test_probe_choice import frozen, started, until
from tests.collect.test_probe_for_real import NONCE, SHELLS, observed, run_probe
from tests.vfork import has_child

pytestmark = pytest.mark.lab

MIB = 1 << 20
QUOTA_US = 10_000
# As on a host where somebody waits for I/O.
WAITING = probe_script().replace(b"nr_waits_for_io || return 0", b":")
# As on a host that counts just as many tasks in I/O as the table shows in D.
EQUAL = probe_script().replace(b'if [ "$nr_blocked" -eq 0 ] && [ "$nr_seen"', b'if [ $nr_seen -eq 0 ] && [ "$nr_seen"')
DEFINITIONS = probe_script().rpartition(b"\nnr_probe ")[0]

SPIN = "while :; do :; done"
# A process whose first thread sleeps while another waits for its vfork child, and one that is in D for all to see.
HIDDEN = """
import ctypes, os, signal, sys, threading, time
def wait_in_d():
    if ctypes.CDLL(None).syscall({"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x4000 | 17, 0, 0, 0, 0) == 0:
        time.sleep(30)
        os._exit(0)
if sys.argv[1] == "thread":
    threading.Thread(target=wait_in_d, daemon=True).start()
    signal.pause()
wait_in_d()
"""


@contextmanager
def blocked(how: str) -> Iterator[int]:
    child = subprocess.Popen([sys.executable, "-c", HIDDEN, how], start_new_session=True)
    try:
        until(lambda: has_child(child.pid) and "D" in states(child.pid))
        yield child.pid
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def states(pid: int) -> str:
    texts = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("[0-9]*/stat"))
    return "".join(text.rpartition(")")[2].split()[0] for text in texts)


@contextmanager
def quota(name: str, *pids: int) -> Iterator[str]:
    """A v1 cpu cgroup of our own with a tenth of a CPU; emptied and removed whatever happens."""
    folder = Path("/sys/fs/cgroup/cpu") / f"nr-test-{name}-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
        for pid in pids:
            (folder / "cgroup.procs").write_text(str(pid))
        yield f"/{folder.name}"
    finally:
        for left in (folder / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (folder.parent / "cgroup.procs").write_text(left)
        for _ in range(50):
            with suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.05)


def quota_at(quotas: tuple[CpuQuota, ...], path: str) -> CpuQuota:
    return next(one for one in quotas if one.path == path)


def sections(stdout: bytes) -> list[str]:
    return [section.name for section in parse_frames(stdout, NONCE).sections]


def test_a_hidden_thread_is_found_though_the_kernel_counts_as_many_as_the_table_shows() -> None:
    assert probe_script() != EQUAL
    with blocked("process"), blocked("thread") as pid:
        snapshot = observed(run_probe(["dash"], EQUAL))
        suspect = next(suspect for suspect in snapshot.suspects if suspect.pid == pid)
    assert sorted(thread.state for thread in suspect.threads) == ["D", "S"]
    assert next(process.state for process in snapshot.processes if process.pid == pid) == "S"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_throttled_cgroup_is_read_twice_and_one_with_room_once(shell: list[str]) -> None:
    with started("sh", "-c", SPIN) as spinner, quota("held", spinner) as held, quota("room") as room:
        stat = Path(f"/sys/fs/cgroup/cpu{held}/cpu.stat")
        until(lambda: "nr_throttled 0" not in stat.read_text())
        answer = run_probe(shell)
        snapshot = observed(answer)
    one = quota_at(snapshot.cpu_quotas, held)
    assert (one.version, one.quota_us, one.period_us, one.weight) == (1, QUOTA_US, 100_000, 1024)
    assert one.lately is not None
    assert one.lately.seconds >= 1
    assert one.lately.periods >= 5
    assert one.lately.throttled > 0
    assert one.lately.throttled_ms > 0
    assert quota_at(snapshot.cpu_quotas, room).lately is None
    assert snapshot.cpu_use is not None


def test_a_quota_nobody_ever_used_up_costs_no_second_look() -> None:
    with quota("room") as room:
        answer = run_probe(["dash"])
    assert quota_at(observed(answer).cpu_quotas, room).throttled == 0
    mine = [line for line in parse_frames(answer.stdout, NONCE).lines("cpu-again") if room in line]
    assert mine == []


def test_all_second_samples_share_one_wait() -> None:
    with (
        started("sh", "-c", SPIN) as spinner,
        quota("held", spinner) as held,
        started("sleep", "60") as pid,
        frozen(pid),
    ):
        stat = Path(f"/sys/fs/cgroup/cpu{held}/cpu.stat")
        until(lambda: "nr_throttled 0" not in stat.read_text())
        frames = parse_frames(run_probe(["dash"], WAITING).stdout, NONCE)
    assert {"freezer", "freezer-again"} <= {section.name for section in frames.sections}
    times = [uptime(frames.lines(name)) for name in ("cpu", "io-before", "cpu-again", "io-after")]
    assert times == sorted(times)
    assert times[2] - times[1] >= 1


def uptime(lines: list[str]) -> float:
    return float(lines[0].removeprefix("/proc/uptime:").split()[0])


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_who_reads_is_told_with_bytes_and_cgroup(shell: list[str], tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"x" * 8 * MIB)
    os.sync()
    with started("sh", "-c", f"while :; do dd if={file} of=/dev/null bs=64k iflag=direct 2>&-; sleep 0.1; done") as pid:
        snapshot = observed(run_probe(shell, WAITING))
    assert snapshot.io_use is not None
    reader = next(one for one in snapshot.io_use.processes if one.pid == pid)
    assert reader.comm == "sh"
    assert reader.read_bytes >= 8 * MIB
    assert reader.cgroups


def test_without_root_who_reads_is_a_gap() -> None:
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "dash", "-s", "--", NONCE, "3000", "9000"],
        input=WAITING, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    frames = parse_frames(done.stdout, NONCE)
    assert {"section": "io", "why": "only-root-may-read-it"} in [gap.args for gap in frames.named("gap")]
    assert not frames.named("io-top")


def read_past_the_cache(file: Path) -> None:
    buffer, handle = mmap.mmap(-1, MIB), os.open(file, os.O_RDONLY | os.O_DIRECT)
    while os.readv(handle, [buffer]):
        pass
    os.close(handle)


class Reader:
    """A child that reads the whole file past the page cache when told, and ends when told."""

    def __init__(self, file: Path) -> None:
        self.go, self.said = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.read(self.go[0], 1)
            read_past_the_cache(file)
            os.write(self.said[1], b".")
            os.read(self.go[0], 1)
            os._exit(0)

    def read(self) -> None:
        os.write(self.go[1], b".")
        os.read(self.said[0], 1)

    def end(self) -> None:
        os.write(self.go[1], b".")
        os.waitpid(self.pid, 0)
        for handle in (*self.go, *self.said):
            os.close(handle)


def probe_part(call: str, folder: Path, definitions: bytes = DEFINITIONS) -> bytes:
    script = definitions + b"\nnr_nonce=beef nr_skip='' nr_pids='' nr_dir=%s\n%s\n" % (bytes(folder), call.encode())
    return subprocess.run(["dash", "-s"], input=script, capture_output=True, timeout=30, check=False).stdout


def cgroup(folder: Path, hunger: str) -> None:
    """As a kernel with PSI writes them; the numbers do not matter here."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.weight").write_text("100\n")
    (folder / "cpu.stat").write_text("usage_usec 293323\nuser_usec 1\nsystem_usec 2\n")
    row = "avg10={} avg60=8.14 avg300=1.74 total=6780188\n"
    (folder / "cpu.pressure").write_text(f"some {row.format('99.00')}full {row.format(hunger)}")


@pytest.mark.parametrize(("waits", "read"), [("19.99", False), ("20.00", True), ("100.00", True)])
def test_who_shares_cpus_is_read_only_where_somebody_waits_for_one(tmp_path: Path, waits: str, read: bool) -> None:
    (tmp_path / "cpu").write_text(f"some avg10={waits} avg60=1.00 avg300=1.00 total=5\n")
    for name, hunger in (
        ("a b/hungry", "39.63"),
        ("a b/other", "0.00"),
        ("a b", "0.00"),
        ("c", "2.00"),
        ("c/d", "9.00"),
    ):
        cgroup(tmp_path / "root" / name, hunger)
    limits = "nr_spent=0 nr_total=9000 nr_pass_ms=3000 nr_tight='' nr_wanted=''"
    call = f"nr_layout=v2 nr_root={tmp_path}/root {limits}; nr_shares"
    answer = probe_part(call, tmp_path, DEFINITIONS.replace(b"/proc/pressure/cpu", bytes(tmp_path / "cpu")))
    told = parse_frames(answer, "beef").lines("shares")
    rows = [line.removeprefix(f"{tmp_path}/root/") for line in told if line.startswith(str(tmp_path))]
    groups = ("a b", "a b/hungry", "a b/other", "c") if read else ()
    assert {row.rpartition("/")[0] for row in rows} == set(groups)
    assert [row.partition(":")[0] for row in rows if "cpu.pressure" in row] == ["a b/hungry/cpu.pressure"] * read


def test_what_a_reaped_child_read_counts_for_its_parent_and_only_from_the_first_sample_on(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"x" * 8 * MIB)
    os.sync()
    before, between, idle = Reader(file), Reader(file), Reader(file)
    before.read()
    (tmp_path / "io").write_bytes(probe_part("nr_io_rows", tmp_path))
    between.read()
    before.end()
    between.end()
    (tmp_path / "io-again").write_bytes(probe_part("nr_io_rows", tmp_path))
    idle.read()
    idle.end()
    told = parse_frames(probe_part("nr_section() { :; }; nr_tell_io", tmp_path), "beef").lines("io-top")
    mine = [line.split() for line in told if line.startswith(f"{os.getpid()} ")]
    assert [int(words[2]) // MIB for words in mine] == [8]
