"""A host with nothing but busybox: no lstart, no wchan in its ps, so the table comes from the files themselves."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import Snapshot

pytestmark = pytest.mark.lab
NONCE = "b0b0b0b0b0b0b0b0"

# A mount namespace of its own: what is bound here is gone with the process.
ENTER = """
cd "$1" && shift
mount -t tmpfs none run && mount --rbind /proc proc && mount --rbind /sys sys
exec chroot . /bin/sh -s -- "$@"
"""


def busybox_root(folder: Path) -> Path:
    """A root with busybox, its applets and the libraries it is linked with; nothing of procps or coreutils."""
    program = shutil.which("busybox")
    if program is None:
        pytest.fail("busybox is not installed: `make setup` installs it")
    for name in ("bin", "run", "tmp", "proc", "sys", "dev"):
        (folder / name).mkdir()
    shutil.copy(program, folder / "bin/busybox")
    (folder / "dev/null").touch()
    for library in re.findall(r"/\S+\.so[.\d]*", subprocess.check_output(["ldd", program], text=True)):
        target = folder / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    for applet in subprocess.check_output([program, "--list"], text=True).split():
        if applet != "busybox":
            (folder / "bin" / applet).symlink_to("busybox")
    return folder


def test_busybox_alone_gives_the_same_table_with_start_ticks_and_wait_channels(tmp_path: Path) -> None:
    root = busybox_root(tmp_path)
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", str(root), NONCE, "3000", "9000"],
        input=probe_script(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    snapshot = read_answer(Answer(stdout=done.stdout, stderr_tail=done.stderr, exit_status=done.returncode), NONCE)
    assert isinstance(snapshot, Snapshot), (snapshot, done.stderr)
    assert snapshot.complete
    assert {gap.section for gap in snapshot.gaps} == {"ps"}
    by_pid = {process.pid: process for process in snapshot.processes}
    assert by_pid[os.getpid()].start_ticks is not None
    assert by_pid[os.getpid()].started_at is not None
    assert by_pid[2].comm == "kthreadd"
    assert by_pid[2].wchan == "kthreadd"
    assert snapshot.pids_cgroups is not None
