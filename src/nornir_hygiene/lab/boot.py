"""Starting one host: an overlay on the image, furnished, then systemd-nspawn in cgroups of its own."""

import os
import subprocess
from pathlib import Path

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import run, wait_for
from nornir_hygiene.lab.model import HostSpec, Process
from nornir_hygiene.lab.network import ssh_answers
from nornir_hygiene.lab.places import BRIDGE, DATA_DIR
from nornir_hygiene.lab.processes import identify, pid_inside

BOOT_TIMEOUT_S = 60


def root_of(spec: HostSpec) -> Path:
    """Where the host's root file system is mounted on the machine."""
    return DATA_DIR / spec.name / "root"


def mount_root(image: Path, spec: HostSpec) -> str:
    """Lay the host's writable layer over the image; the name nspawn will lock the root under."""
    base = DATA_DIR / spec.name
    for part in ("upper", "work", "root"):
        (base / part).mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={image},upperdir={base}/upper,workdir={base}/work"
    run(["mount", "-t", "overlay", "nrlab", "-o", layers, str(base / "root")])
    there = (base / "root").stat()
    return f"inode-{there.st_dev}:{there.st_ino}"


def boot(spec: HostSpec) -> Process:
    """Start the host and wait for its PID 1, which is returned."""
    folders = cgroups.create(spec.name)
    log = (DATA_DIR / spec.name / "console.log").open("w")
    argv = ["setsid", "--fork", *cgroups.joining(folders, _nspawn(spec))]
    with log:
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, timeout=10, check=True)
    return wait_for(f"{spec.name} to start", lambda: _leader(spec), timeout_s=BOOT_TIMEOUT_S)


def wait_ready(spec: HostSpec) -> None:
    """Return when the host's SSH server answers."""
    try:
        wait_for(f"ssh on {spec.name}", lambda: ssh_answers(spec.address), timeout_s=BOOT_TIMEOUT_S)
    except LabError as error:
        console = (DATA_DIR / spec.name / "console.log").read_text(errors="replace")
        raise LabError(str(error), "\n".join(console.splitlines()[-12:])) from error


def _leader(spec: HostSpec) -> Process | None:
    for pid in cgroups.pids(spec.name):
        if pid_inside(pid) == 1 and pid != os.getpid():
            return identify(pid)
    return None


def _nspawn(spec: HostSpec) -> list[str]:
    return [
        *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--kill-signal=SIGKILL"),
        *("--directory", str(root_of(spec))),
        *(f"--machine={spec.machine}", f"--hostname={spec.name}", f"--network-bridge={BRIDGE}"),
        # Storage faults mount, make device nodes and reach the loop driver from inside.
        *("--capability=all", "--bind=/dev/fuse", "--bind=/dev/loop-control"),
        *("--console=read-only", "--link-journal=no", "--resolv-conf=off", "--timezone=off"),
    ]
