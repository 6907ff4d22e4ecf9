"""The files the second script opens and executes on a host without Ceph's command: the asserted ones, nothing else.

With the command and a real cluster: tests/lab/test_ceph_script_opens.py.
"""

import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nornir_hygiene.collect.cluster import ceph_script
from tests.collect.traces import traced

NONCE = secrets.token_hex(8)
FOLDER = rf"/(?:run|dev/shm|tmp)/nornir-hygiene\.{NONCE}(/.*)?"

# What the programs themselves need to start: loader, libraries, locale; GNU grep looks at its own stack.
START_UP = (
    r"/etc/ld\.so\.(cache|preload)", r"(/usr)?/lib(64)?/.*", r"/usr/lib/locale/.*", r"/usr/share/locale/.*",
    r"/proc/self/maps", r"/proc/filesystems", r"/dev/null",
)  # fmt: skip
# The clock, who this is, and of each ceph-osd its threads, its place and its command line.
READ = (
    r"/proc", r"/proc/uptime", r"/proc/sys/kernel/(hostname|random/boot_id)", r"/proc/\d+/status",
    r"/proc/\d+/(stat|cgroup|cmdline|wchan|task)", r"/proc/\d+/task/(\d+|\[0-9\]\*)/(status|wchan)",
    r"/var/run/ceph", r"/run/ceph", r"/var/run/ceph/[^/]+", r"/run/ceph/[^/]+", r"/",
)  # fmt: skip
KNOWN = re.compile("|".join(f"(?:{pattern})" for pattern in (*START_UP, *READ, FOLDER)))
PROGRAMS = {"dash", "sh", "mkdir", "grep", "sed", "awk", "mawk", "tail", "tr", "rm", "sleep"}


@contextmanager
def an_osd(folder: Path) -> Iterator[int]:
    """A process of that name; the kernel takes it from the file that is executed."""
    program = folder / "ceph-osd"
    program.symlink_to("/usr/bin/sleep")
    child = subprocess.Popen([str(program), "60"])
    try:
        yield child.pid
    finally:
        child.kill()
        child.wait()


def test_only_the_asserted_files_are_opened_and_only_the_asserted_programs_run(tmp_path: Path) -> None:
    with an_osd(tmp_path) as pid:
        seen = traced(["dash", "-s", "--", NONCE, "2000", "20000"], ceph_script(), tmp_path / "strace.log")
    assert seen.stdout.endswith(b"end complete=yes\n")
    assert {f"/proc/{pid}/cmdline", f"/proc/{pid}/task/{pid}/wchan", f"/proc/{pid}/cgroup"} <= seen.opened
    assert {path for path in seen.opened if not KNOWN.fullmatch(path)} == set()
    assert {path for path in seen.changed if not re.fullmatch(FOLDER + "|/dev/null", path)} == set()
    assert {Path(path).name for path in seen.executed} <= PROGRAMS
    assert not list(Path("/run").glob(f"nornir-hygiene.{NONCE}*"))


def test_the_command_line_is_read_of_no_process_but_an_osd(tmp_path: Path) -> None:
    with an_osd(tmp_path) as pid:
        seen = traced(["dash", "-s", "--", NONCE, "2000", "20000"], ceph_script(), tmp_path / "strace.log")
    read = {path for path in seen.opened if path.endswith(("/cmdline", "/wchan"))}
    ours = {path for path in read if path.startswith((f"/proc/{pid}/", f"/proc/{pid}/task/"))}
    others = {path.split("/")[2] for path in read - ours}
    assert {Path(f"/proc/{one}/comm").read_text().strip() for one in others} <= {"ceph-osd"}  # a lab beside this test
