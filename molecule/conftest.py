"""For every scenario: what `nr apply` said, and the lab host as testinfra sees it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import testinfra
from ruamel.yaml import YAML
from testinfra.host import Host

LAB = Path("/run/nr-lab")
HERE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


@pytest.fixture(scope="session")
def on() -> Callable[[str], Host]:
    """A lab host over SSH, as root, by its name."""
    return _host


def _host(name: str) -> Host:
    address = YAML(typ="safe").load(LAB / "inventory" / "hosts.yaml")[name]["hostname"]
    config = HERE / "ssh_config"
    config.write_text(
        f"Host *\n  IdentityFile {LAB}/id_ed25519\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {LAB}/known_hosts\n  StrictHostKeyChecking yes\n"
    )
    return testinfra.get_host(f"ssh://root@{address}", ssh_config=str(config))


@pytest.fixture(scope="session")
def result() -> Callable[..., dict[str, Any]]:
    """How it ended for the only target of a runbook the first time, or for the only one on a host."""
    return _result


def _result(runbook: str, host: str = "") -> dict[str, Any]:
    results = json.loads((HERE / f"{runbook}.json").read_text())["results"]
    (target,) = (each for each in results if host in ("", each["host"]))
    return target


@pytest.fixture(scope="session")
def kept() -> Callable[[str], dict[str, str]]:
    """The evidence of a host, by name, of the first run that collected any."""
    return _kept


def _kept(host: str) -> dict[str, str]:
    folders = sorted((HERE / "data" / "nornir-hygiene" / "evidence").glob(f"*/{host}"))
    return {path.stem: path.read_text() for path in folders[0].iterdir()}


@pytest.fixture(scope="session")
def states() -> Callable[[Host], dict[str, str]]:
    """The state of every process of a host, by its pid."""
    return _states


def _states(host: Host) -> dict[str, str]:
    rows = host.check_output("ps -eo pid=,stat=").splitlines()
    return dict(row.split() for row in rows)
