"""The probe of today inside a lab host, with the tools of another system over the host's /usr."""

import secrets
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.inventory import DEFAULTS
from nornir_hygiene.lab.places import IDENTITY, KNOWN_HOSTS
from nornir_hygiene.lab.roster import CLEAN, WORKERS
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.settings import HostSettings
from tests.collect.roots import ENTER, LIMITS_MS, busybox_root, debian_root, seen_by

# Before, with and after the ps whose `comm` reads command lines.
SUITES = {"bullseye": "3.3.17", "bookworm": "4.0.2", "trixie": "4.0.4"}
_INSIDE = "/var/lib/nr-tools"
_THRESHOLDS = HostSettings.model_validate(DEFAULTS["data"]["nornir_hygiene"]).thresholds  # type: ignore[index]
_SSH = ("StrictHostKeyChecking=yes", f"UserKnownHostsFile={KNOWN_HOSTS}", "BatchMode=yes", "ConnectTimeout=5")


class Seen(NamedTuple):
    """What the probe saw with other tools, diagnosed with the lab's thresholds."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]


class Tools(NamedTuple):
    """A root with other tools; `name` tells their version as they tell it themselves."""

    name: str
    root: Path

    def found_on(self, host: LabHost) -> Seen:
        """Log in, lay the tools over /usr for this login alone, run the probe."""
        nonce = secrets.token_hex(8)  # names the probe's folder, and four of them run at a time
        words = f"exec unshare --mount sh -c '{ENTER}' sh {_INSIDE}/{self.root.name} {nonce} {' '.join(LIMITS_MS)}"
        options = [word for option in _SSH for word in ("-o", option)]
        command = ["ssh", "-F", "none", "-i", str(IDENTITY), *options, f"root@{host.spec.address}", words]
        snapshot = seen_by(command, nonce)
        assert snapshot.complete, (self.name, snapshot.gaps)
        return Seen(diagnose(host.spec.name, snapshot, _THRESHOLDS, catalogue()), snapshot.gaps)


def every_tools(folder: Path) -> list[Tools]:
    """The three Debians and busybox; takes ten seconds."""
    with ThreadPoolExecutor() as pool:
        roots = list(pool.map(lambda suite: debian_root(folder / suite, suite), SUITES))
    made = [Tools(_version(root), root) for root in roots]
    assert [each.name for each in made] == [f"procps-ng {version}" for version in SUITES.values()]
    return [*made, Tools("busybox", busybox_root(folder / "busybox"))]


def install(lab: Lab, tools: list[Tools]) -> None:
    """Copy them into the hosts where faults and twins are planted, once; they go with the lab."""
    for host in (lab.host(spec.name) for spec in (*WORKERS, CLEAN)):
        for each in tools:
            target = host.path(f"{_INSIDE}/{each.root.name}/usr")
            if not target.exists():
                shutil.copytree(each.root / "usr", target, symlinks=True)


def _version(root: Path) -> str:
    enter = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1/usr" /usr && exec ps --version', "sh", str(root)]
    return subprocess.check_output(enter, text=True).strip().removeprefix("ps from ")
