"""A throw-away systemd host for one workload: an overlay on a base image, kept between `prepare` and the recording."""

import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import run, say, succeeds, wait_for
from nornir_hygiene.lab.image import Recipe, ensure
from nornir_hygiene.lab.places import NSPAWN_RUN_DIR
from nornir_hygiene.lab.processes import pid_inside
from tests.real_work.workload import Workload

DATA = Path("/var/tmp/nr-real-work")
BASE = Recipe(
    packages=(
        *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "procps", "iproute2", "sudo"),
        *("util-linux", "mount", "e2fsprogs", "kmod", "python3", "cron", "rsyslog", "less", "ca-certificates"),
    )
)
_CGROUP = "nrwork"
_SCRIPT = "/usr/local/sbin/workload"
_INSTALL = "apt-get -qy --no-install-recommends install"
_NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off")
_SSH = (
    *("ssh", "-F", "none", "-i", str(DATA / "key"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
    *("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "ConnectTimeout=5"),
    "root@127.0.0.1",
)


class Host:
    """One running host. Commands go in as they do with `nr`: by ssh, to its own sshd, through its own loopback."""

    def __init__(self, leader: int) -> None:
        self.leader = leader

    def ssh(self, command: str) -> list[str]:
        """The machine's command line that runs `command` on the host."""
        return ["nsenter", "-t", str(self.leader), "-n", "--", *_SSH, command]

    def run(self, command: str, *, timeout_s: float = 30) -> str:
        """What it printed; LabError if it failed."""
        return run(self.ssh(command), timeout_s=timeout_s).stdout


def prepare(workload: Workload) -> None:
    """Install the packages and run `prepare`, with the machine's network. Done once; `DATA` keeps it."""
    done = _folder(workload) / "prepared-by"
    if done.exists() and done.read_text() == workload.preparation:
        return
    shutil.rmtree(_folder(workload), ignore_errors=True)
    say(f"preparing {workload.name}")
    with _root(workload, layer="prepared") as root:
        _furnish(root, workload)
        _inside(root, workload, f"apt-get -q update && {_INSTALL} {' '.join(workload.packages)} && apt-get clean")
        _inside(root, workload, f"{_SCRIPT} prepare")
    done.write_text(workload.preparation)


@contextmanager
def booted(workload: Workload) -> Iterator[Host]:
    """The prepared host, running; nothing of it is left afterwards."""
    with _root(workload, layer="run") as root, _own_cgroups(workload) as folders:
        argv = [*_NSPAWN, "--boot", "--private-network", "--kill-signal=SIGKILL", "--link-journal=no"]
        argv += ["--console=read-only", "--capability=all", "--bind=/dev/fuse", "--system-call-filter=@keyring"]
        argv += [f"--machine={_machine(workload)}", f"--hostname={workload.name}", "--directory", str(root)]
        with (_folder(workload) / "console.log").open("w") as log:
            nspawn = subprocess.Popen(
                cgroups.joining(folders, ["nice", *argv]), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            host = Host(wait_for("its PID 1", lambda: _leader(folders), timeout_s=30))
            wait_for("its sshd", lambda: succeeds(host.ssh("true")), timeout_s=60, every_s=0.5)
            yield host
        finally:
            nspawn.send_signal(signal.SIGTERM)
            for folder in folders:
                cgroups.clear(folder, timeout_s=20)
            nspawn.wait(timeout=20)


@contextmanager
def _own_cgroups(workload: Workload) -> Iterator[list[Path]]:
    folders = [tree.mount / f"{_CGROUP}-{workload.name}" for tree in cgroups.hierarchies()]
    for folder in folders:
        cgroups.make_below(folder)
        for file in (folder / "cpuset.cpus", folder / "cpuset.mems"):
            if (folder.parent / "cpuset.effective_cpus").exists():  # v1: nobody may enter before these are set
                file.write_text((folder.parent / file.name).read_text())
    try:
        yield folders
    finally:
        for folder in folders:
            cgroups.clear(folder)


def _leader(folders: Sequence[Path]) -> int | None:
    inside = set().union(*(cgroups.pids_of(folder) for folder in folders))
    return next((pid for pid in sorted(inside) if pid_inside(pid) == 1), None)


@contextmanager
def _root(workload: Workload, *, layer: str) -> Iterator[Path]:
    """The host's root, mounted. What is written goes to `layer`: `prepared`, or `run`, which is fresh each time."""
    base, root, image = _folder(workload), _folder(workload) / "root", ensure(BASE)
    below = str(image) if layer == "prepared" else f"{base}/prepared:{image}"
    for part in (layer, "work", "root"):
        (base / part).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={below},upperdir={base}/{layer},workdir={base}/work"
    run(["mount", "-t", "overlay", "nrwork", "-o", options, str(root)])
    lock = NSPAWN_RUN_DIR / "locks" / f"inode-{root.stat().st_dev}:{root.stat().st_ino}"
    try:
        shutil.copy(workload.script, root / _SCRIPT.lstrip("/"))
        yield root
    finally:
        lock.unlink(missing_ok=True)
        for folder in ("propagate", "unix-export"):
            shutil.rmtree(NSPAWN_RUN_DIR / folder / _machine(workload), ignore_errors=True)
        wait_for(f"{root} to be free", lambda: succeeds(["umount", str(root)]), timeout_s=20, every_s=0.5)
        shutil.rmtree(base / "work")
        shutil.rmtree(base / "run", ignore_errors=True)


def _inside(root: Path, workload: Workload, command: str) -> None:
    argv = [*_NSPAWN, "--as-pid2", "--pipe", f"--machine={_machine(workload)}", "--directory", str(root)]
    argv += ["--bind-ro=/etc/resolv.conf", "--setenv=DEBIAN_FRONTEND=noninteractive"]
    run(["nice", *argv, "--", "sh", "-ec", command], timeout_s=900)


def _machine(workload: Workload) -> str:
    return f"nrwork-{workload.name}"


def _furnish(root: Path, workload: Workload) -> None:
    if not (DATA / "key").exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "real-work", "-f", str(DATA / "key")])
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(DATA / "key.pub", root / "root/.ssh/authorized_keys")
    shutil.copy(DATA / "key", root / "root/.ssh/id_ed25519")  # scripts log in to their own host with it
    (root / "root/.ssh/config").write_text("Host localhost\n  StrictHostKeyChecking no\n  LogLevel ERROR\n")
    (root / "etc/resolv.conf").touch()
    (root / "usr/share/man/man1").mkdir(parents=True, exist_ok=True)  # Java cannot be installed without
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {workload.name}\n")
    (root / "etc/machine-id").write_text(uuid.uuid4().hex + "\n")
    run(["ssh-keygen", "-A", "-f", str(root)])


def _folder(workload: Workload) -> Path:
    return DATA / BASE.name() / workload.name
