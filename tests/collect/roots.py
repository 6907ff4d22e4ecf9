"""Roots of other systems, entered with this machine's processes: their ps, awk and shell, our /proc."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.host import Snapshot

NONCE = "b0b0b0b0b0b0b0b0"
TOOLS = "procps,dash,coreutils,grep,sed,mawk,findutils"

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
    _folders(folder, "bin", "run", "tmp", "proc", "sys", "dev")
    shutil.copy(program, folder / "bin/busybox")
    for library in re.findall(r"/\S+\.so[.\d]*", subprocess.check_output(["ldd", program], text=True)):
        target = folder / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    for applet in subprocess.check_output([program, "--list"], text=True).split():
        if applet != "busybox":
            (folder / "bin" / applet).symlink_to("busybox")
    return folder


def debian_root(folder: Path, suite: str) -> Path:
    """The tools of another Debian, unpacked and not configured."""
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={TOOLS}", suite, str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for name in ("bin", "sbin", "lib", "lib64"):
        if not (folder / name).exists():
            (folder / name).symlink_to(f"usr/{name}")  # base-files would bring these links
    if not (folder / "bin/sh").exists():
        (folder / "bin/sh").symlink_to("dash")
    if not (folder / "usr/bin/awk").exists():
        (folder / "usr/bin/awk").symlink_to("mawk")
    _folders(folder, "run", "tmp", "proc", "sys", "dev")
    return folder


def _folders(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "dev/null").touch()


def seen_from(root: Path) -> Snapshot:
    """This machine's processes, seen by the probe with the tools of `root`."""
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", str(root), NONCE, "3000", "9000"],
        input=probe_script(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    snapshot = read_answer(Answer(stdout=done.stdout, stderr_tail=done.stderr, exit_status=done.returncode), NONCE)
    assert isinstance(snapshot, Snapshot), (snapshot, done.stderr)
    return snapshot
