"""A host of the lab as the machine `nr` is installed on: without a network but the lab's, with its own systemd."""

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from ruamel.yaml import YAML

from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import IDENTITY, KNOWN_HOSTS

ROOT = Path(__file__).parents[2]
HOME = "/opt/nr"
# A person's folders may be called anything: systemd, the shell and we have to agree on what these mean.
DATA = '/srv/100% of $HOME\'s "data"'
PROJECT = "/srv/the fleet 50%"
_START = f"""\
#!/usr/bin/python3
import sys
sys.path[:0] = ["{HOME}/src", "{HOME}/lib"]
from nornir_hygiene.cli.main import main
sys.exit(main())
"""


class Controller:
    """`nr` in /opt/nr, a project of its own, and the way to run it there."""

    def __init__(self, host: LabHost) -> None:
        self.host = host

    def install(self) -> None:
        """The packages `nr` needs at run time, as they are installed here, and our own source."""
        lib = self.host.path(f"{HOME}/lib")
        for dist in _closure():
            _copy(dist, lib)
        for folder in ("src", "tasks", "playbooks", "inventory"):
            shutil.copytree(ROOT / folder, self.host.path(f"{HOME}/{folder}"), dirs_exist_ok=True)
        self.host.write(f"{HOME}/nr", _START, 0o755)
        self.host.write("/root/.ssh/nr_key", IDENTITY.read_text(), 0o600)
        self.host.write("/root/.ssh/known_hosts", KNOWN_HOSTS.read_text())
        self.host.write(f"{PROJECT}/nr.yaml", "---\n")

    def remove(self) -> None:
        """Nothing of it stays, whatever became of the test."""
        gone = f"systemctl disable --now 'nr-*.timer'; systemctl stop 'nr-*'; rm -rf {HOME} /etc/systemd/system/nr-*"
        self.host.run(["sh", "-c", gone], check=False, timeout_s=60)
        self.host.run(["rm", "-rf", DATA, PROJECT, "/root/.ssh/nr_key"], check=False)
        self.host.run(["systemctl", "daemon-reload"], check=False)

    def inventory(self, hosts: dict[str, Any]) -> None:
        """Its hosts, all in the group `fleet`."""
        settings = {"identity_file": "/root/.ssh/nr_key", "known_hosts": "/root/.ssh/known_hosts"}
        texts = {
            "hosts": {name: {"groups": ["fleet"], **given} for name, given in hosts.items()},
            "groups": {"fleet": {}},
            "defaults": {"username": "root", "data": {"nornir_hygiene": settings}},
        }
        for name, content in texts.items():
            path = self.host.path(f"{PROJECT}/inventory/{name}.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w") as file:
                YAML().dump(content, file)

    def nr(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """As its root types it, in the project's folder."""
        command = ["env", f"--chdir={PROJECT}", f"XDG_DATA_HOME={DATA}", f"{HOME}/nr", *words]
        return self.host.run(command, check=False, timeout_s=60)

    def unit(self, name: str, *properties: str) -> dict[str, str]:
        """What its systemd says of a unit."""
        shown = self.host.run(["systemctl", "show", name, "--property", ",".join(properties)]).stdout
        return dict(line.split("=", 1) for line in shown.splitlines())


def _closure() -> Iterator[importlib.metadata.Distribution]:
    """Our own (for its entry points), and what the dependencies in pyproject.toml lead to."""
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    yield importlib.metadata.distribution("nornir-hygiene")
    waiting, seen = [Requirement(each) for each in own], set[str]()
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        dist = importlib.metadata.distribution(wanted.name)
        yield dist
        waiting += [Requirement(each) for each in dist.requires or ()]


def _copy(dist: importlib.metadata.Distribution, lib: Path) -> None:
    for file in dist.files or ():
        # Scripts lie beside the library; our own editable install points at this checkout.
        if ".." in file.parts or file.suffix == ".pth":
            continue
        there = lib / file
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(str(file.locate()), there)
