"""A real sshd on a free port of the loopback, run as the current user, with keys made for it."""

import base64
import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nornir.core.inventory import Host

from nornir_hygiene.models.settings import HostSettings

SSHD = shutil.which("sshd", path=os.defpath + ":/usr/sbin:/usr/local/sbin")
PRIVSEP = Path("/run/sshd")

CONFIG = """
{extra}
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
Port {port}
HostKey {folder}/host_ed25519
HostKey {folder}/host_rsa
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile none
PrintMotd no
PrintLastLog no
MaxStartups 500
MaxSessions 100
LogLevel ERROR
"""


class Sshd(NamedTuple):
    """Where it listens, and the files a client needs."""

    port: int
    folder: Path
    pid: int

    def settings(self, **changes: Any) -> HostSettings:
        return HostSettings.model_validate(
            {
                "known_hosts": self.folder / "known_hosts",
                "identity_file": self.folder / "user_ed25519",
                "ssh_config": self.folder / "ssh_config",
                "use_agent": False,
                **changes,
            }
        )

    def host(self, name: str = "h1", address: str = "127.0.0.1", **changes: Any) -> Host:
        return Host(name=name, **{"hostname": address, "port": self.port, "username": getpass.getuser(), **changes})

    def sleep(self) -> str:
        """A command that never ends; the fixture ends it."""
        return f"echo $$ >> {self.folder}/sleepers; exec sleep 300"

    def public_key(self, name: str) -> str:
        """`type base64`, without the comment."""
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keygen(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    size = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *size, "-N", passphrase, "-C", "test", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@contextlib.contextmanager
def running_sshd(extra: str = "") -> Iterator[Sshd]:
    """With `extra` lines of sshd_config; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sshd-"))
    if os.geteuid() == 0:
        PRIVSEP.mkdir(mode=0o755, exist_ok=True)  # stays: every sshd of this machine needs it
    port = free_port()
    _write_files(folder, port, extra)
    process = subprocess.Popen(
        [str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")],
        stdin=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
        start_new_session=True,
    )
    try:
        _wait_for(port, process, folder)
        yield Sshd(port, folder, process.pid)
    finally:
        for child in children(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()
        _kill_sleepers(folder)
        shutil.rmtree(folder, ignore_errors=True)


def children(pid: int) -> list[int]:
    """All descendants, the youngest first."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return [descendant for child in found for descendant in [*children(child), child]]


def _kill_sleepers(folder: Path) -> None:
    """A command without a terminal outlives its connection, and its sshd. Only comm is read: it cannot block."""
    for line in (folder / "sleepers").read_text().split():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{line}/comm").read_text() == "sleep\n":
                os.kill(int(line), signal.SIGKILL)


def _write_files(folder: Path, port: int, extra: str) -> None:
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder, extra=extra.format(folder=folder)))
    (folder / "sleepers").touch()
    for name in ("host_ed25519", "user_ed25519"):
        keygen(folder / name)
    keygen(folder / "host_rsa", "rsa")
    shutil.copy(folder / "user_ed25519.pub", folder / "authorized_keys")
    (folder / "ssh_config").write_text("")
    host_key = " ".join((folder / "host_ed25519.pub").read_text().split()[:2])
    names = ",".join(f"[{name}]:{port}" for name in ("127.0.0.1", "127.0.0.2", "localhost"))
    (folder / "known_hosts").write_text(f"{names} {host_key}\n")


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            if probe.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    raise RuntimeError(f"sshd did not start: {(folder / 'log').read_text()}")


def bytes_of_every_sort(size: int) -> bytes:
    """All byte values, terminal escapes, CRs, long and empty lines: what a transport could spoil."""
    block = bytes(range(256)) + b"\r\n\x1b[2J\x04\x03\r\r\n" + base64.b64encode(os.urandom(300)) + b"\n\n" + b"x" * 5000
    return (block * (size // len(block) + 1))[:size]
