"""Tools of other systems laid over /usr of a host that runs: their ps and shell, its processes and mounts."""

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
TOOLS = "procps,dash,coreutils,util-linux,grep,sed,mawk,findutils"

# In a mount namespace of its own (`unshare --mount`): what is bound here is gone with the process.
ENTER = 'mount --bind "$1/usr" /usr && shift && exec /bin/sh -s -- "$@"'
LIMITS_MS = ("8000", "25000")  # patient: the machine may be busy, and slow is no stall


def busybox_root(folder: Path) -> Path:
    """A root with busybox, its applets and the libraries it is linked with; nothing of procps or coreutils."""
    program = shutil.which("busybox")
    if program is None:
        pytest.fail("busybox is not installed: `make setup` installs it")
    binaries = folder / "usr/bin"
    binaries.mkdir(parents=True)
    shutil.copy(program, binaries / "busybox")
    for library in re.findall(r"/\S+\.so[.\d]*", subprocess.check_output(["ldd", program], text=True)):
        target = folder / "usr" / library.removeprefix("/usr").lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    for applet in subprocess.check_output([program, "--list"], text=True).split():
        if applet != "busybox":
            (binaries / applet).symlink_to("busybox")
    return folder


def debian_root(folder: Path, suite: str) -> Path:
    """The tools of another Debian, unpacked and not configured; all below usr, as a merged /usr has them."""
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={TOOLS}", suite, str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    usr = folder / "usr"
    for name in ("bin", "sbin", "lib", "lib64"):
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            shutil.copytree(folder / name, usr / name, symlinks=True, dirs_exist_ok=True)
    for name, program in (("sh", "dash"), ("awk", "mawk")):
        if not (usr / "bin" / name).exists():
            (usr / "bin" / name).symlink_to(program)
    _drop_what_no_tool_opens(usr)
    return folder


def _drop_what_no_tool_opens(usr: Path) -> None:
    """Documentation, Perl, character sets: the rest is copied into several hosts."""
    shutil.rmtree(usr / "share")
    for folder in (usr / "lib").glob("*-linux-gnu/*/"):
        shutil.rmtree(folder)


def seen_from(root: Path) -> Snapshot:
    """This machine's processes, seen by the probe with the tools of `root`."""
    return seen_by(["unshare", "--mount", "sh", "-c", ENTER, "sh", str(root), NONCE, *LIMITS_MS], NONCE)


def seen_by(command: list[str], nonce: str) -> Snapshot:
    """What `command` saw: it runs, with this nonce, the probe that it gets on its standard input."""
    done = subprocess.run(command, input=probe_script(), capture_output=True, timeout=60, check=False)
    snapshot = read_answer(Answer(stdout=done.stdout, stderr_tail=done.stderr, exit_status=done.returncode), nonce)
    assert isinstance(snapshot, Snapshot), (snapshot, done.stderr)
    return snapshot
