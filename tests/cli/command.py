"""`nr` as people start it: a process of its own, with its own home, on hosts of this machine's loopback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NR = [sys.executable, "-m", "nornir_hygiene.cli.main"]


@dataclass(frozen=True)
class Home:
    """A person's folders: nothing of the machine's own user is read or written."""

    folder: Path

    @property
    def project(self) -> Path:
        """Where `nr` is started; a project as soon as it holds nr.yaml."""
        path = self.folder / "project"
        path.mkdir(exist_ok=True)
        return path

    @property
    def runs(self) -> Path:
        return self.folder / "data" / "nornir-hygiene" / "runs"

    def environment(self, **changed: str) -> dict[str, str]:
        folders = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
        quiet = {
            key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS", "SSH_AUTH_SOCK")
        }
        return {**quiet, **{key: str(self.folder / name) for key, name in folders.items()}, **changed}

    def nr(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*NR, *arguments],
            cwd=self.project,
            env=self.environment(**environment),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def inventory(self, port: int, *hosts: str, group: str = "workers") -> Path:
        """Each host is this machine, at this port."""
        folder = self.project / "inventory"
        folder.mkdir(exist_ok=True)
        entries = [f"{host}: {{hostname: 127.0.0.1, port: {port}, groups: [{group}]}}" for host in hosts]
        (folder / "hosts.yaml").write_text("---\n" + "\n".join(entries) + "\n")
        (folder / "groups.yaml").write_text(f"---\n{group}: {{}}\n")
        (folder / "defaults.yaml").write_text("---\n{}\n")
        return folder

    def task(self, name: str, source: str) -> None:
        """A task of one's own, which makes the folder a project."""
        (self.project / "nr.yaml").touch()
        (self.project / "tasks").mkdir(exist_ok=True)
        (self.project / "tasks" / f"{name}.py").write_text(source)


def closed_port() -> int:
    """A port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts and never speaks."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield int(listener.getsockname()[1])
