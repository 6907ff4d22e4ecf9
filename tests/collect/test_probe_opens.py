"""The set of files the whole remote process tree opens, seen by strace: the asserted one and nothing else."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from nornir_hygiene.collect.request import probe_script

NONCE = secrets.token_hex(8)
FOLDER = rf"/(?:run|dev/shm|tmp)/nornir-hygiene\.{NONCE}"

# What the programs themselves need to start: loader, libraries, locale, the programs.
START_UP = (
    r"/etc/ld\.so\.(cache|preload)", r"(/usr)?/lib(64)?/.*", r"/usr/lib/locale/.*", r"/usr/share/locale/.*",
    r"(/usr)?/s?bin/[a-z]+", r"/etc/selinux/config", r"/dev/null", r"/proc/filesystems",
    r"/proc/self/maps", r"/usr/share/zoneinfo/UTC0?",  # GNU grep looks at its own stack; ps at TZ
)  # fmt: skip
# Facts, own limits, the table, the pids controller, suspects. cpuinfo: `sort` asks how many processors there are.
READ = (
    r"/proc/sys/kernel/(random/boot_id|osrelease|hostname|pid_max|threads-max|cap_last_cap|ngroups_max)",
    r"/", r"/proc", r"/proc/(uptime|loadavg|stat|cpuinfo|meminfo|diskstats|pressure/(cpu|io))",
    r"/dev/tty", r"/dev/kmsg",
    r"/proc/(self|\d+)", r"/proc/(self|\d+)/(stat|status|wchan|sched|cgroup|fd|mountinfo)",
    # Of all processes, but only where CPUs idle for I/O: it takes exec_update_lock, as stat does on some kernels.
    r"/proc/\d+/io",
    r"/proc/\d+/task", r"/proc/\d+/task/(\d+|\[0-9\]\*)/(stat|status|sched|wchan|stack)",  # [0-9]*: it ended meanwhile
    r"/sys/fs/cgroup(/.*)?", r"/sys/devices/system/(cpu|node)(/.*)?", r"/run/nornir-hygiene/(abandoned|names)",
    r"/sys/(devices/.*/|devices/virtual/)?block(/.*)?", r"/sys/bus/rbd(/.*)?", r"/sys/kernel/debug/ceph(/.*)?",
    r"/sys/fs/fuse/connections(/.*)?",
)  # fmt: skip

# -y names the folder a relative path starts from: `openat(AT_FDCWD</proc>, "1/stat", O_RDONLY) = 3</proc/1/stat>`.
_CALL = re.compile(r'\d+ +(\w+)\((?:\w+<([^>]*)>, )?"([^"]*)"(?:, ([A-Z_|]+))?.*')


@contextmanager
def three_hundred_processes() -> Iterator[None]:
    sleepers = [subprocess.Popen(["sleep", "300"]) for _ in range(300)]
    try:
        yield
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


class Call(NamedTuple):
    """One system call on a path, made absolute."""

    name: str
    path: str
    flags: str

    @property
    def changes(self) -> bool:
        """True for whatever could leave a trace in a file system."""
        return not self.name.startswith("open") or bool(re.search("WRONLY|RDWR|CREAT|TRUNC|APPEND", self.flags))


def traced(script: bytes, log: Path) -> tuple[list[Call], bytes]:
    """Every call on a path that opens or changes something, and the probe's answer."""
    if shutil.which("strace") is None:
        pytest.fail("strace is not installed: `make setup` installs it")
    calls = "trace=open,openat,openat2,creat,/^(mkdir|unlink|rename|chmod|fchmodat|link|symlink|truncate|rmdir)"
    strace = ["strace", "-f", "-y", "-qq", "-s", "300", "-e", calls, "-o", str(log)]
    done = subprocess.run(
        [*strace, "dash", "-s", "--", NONCE, "20000", "60000"],
        input=script,
        capture_output=True,
        timeout=120,
        check=True,
    )
    matches = filter(None, map(_CALL.match, log.read_text(errors="replace").splitlines()))
    return [Call(m[1], os.path.normpath(Path(m[2] or "/") / m[3]), m[4] or "") for m in matches], done.stdout


KNOWN = re.compile("|".join(f"(?:{pattern})" for pattern in (*START_UP, *READ, FOLDER + "(/.*)?")))


def command_lines_of_device_daemons() -> set[str]:
    """The one kind of process whose command line is read: a lab beside this test may run some."""
    names = {path.parent: path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm")}
    return {f"{folder}/cmdline" for folder, name in names.items() if name in ("rbd-fuse", "nbd-client")}


WITHOUT_PS = re.sub(rb"nr_pass ps ps -eo [a-z,:0-9]+", b"nr_pass ps ps -eo lstart-is-refused-here", probe_script())
# The first reader of the table stalls: what is left of it is a shell loop of builtins.
STALLED = probe_script().replace(b"nr_pass stat nr_stat_rows", b"nr_pass stat nr_never_ends").replace(
    b"nr_probe() {", b"nr_never_ends() { exec sleep 60; }\nnr_probe() {\n", 1
).replace(b"nr_pass_ms=$2", b"nr_pass_ms=1200")  # fmt: skip

# As on a host where somebody waits for I/O: with both samples.
WAITING = probe_script().replace(b"nr_waits_for_io || return 0", b":")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (probe_script(), b"@%s stat from=grep"),
        (WITHOUT_PS, b"@%s gap section=ps why=rc-1"),
        (STALLED, b"@%s stat from=slow"),
        (WAITING, b"@%s io-top"),
    ],
    ids=["normal path", "ps without lstart", "stalled, so by shell loop", "with two samples of I/O"],
)
def test_only_the_asserted_files_are_opened_and_nothing_is_written_elsewhere(
    script: bytes, said: bytes, tmp_path: Path
) -> None:
    with three_hundred_processes():
        calls, answer = traced(script, tmp_path / "strace.log")
    assert said % NONCE.encode() in answer
    assert answer.endswith(b"end complete=yes\n")
    assert sum(call.path.endswith("/stat") for call in calls) > 300
    assert {call.path for call in calls if not KNOWN.fullmatch(call.path)} <= command_lines_of_device_daemons()
    changed = {call.path for call in calls if call.changes}
    assert {path for path in changed if not re.fullmatch(FOLDER + "(/.*)?|/dev/null|/dev/tty", path)} == set()
    assert not list(Path("/run").glob(f"nornir-hygiene.{NONCE}*"))
