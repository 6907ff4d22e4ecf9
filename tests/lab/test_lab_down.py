"""Nothing of a lab is left on the machine, however it ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nornir_hygiene
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.cgroups import hierarchies, pids
from nornir_hygiene.lab.lab import take_down
from nornir_hygiene.lab.loops import NUMBERS, in_use
from nornir_hygiene.lab.places import CGROUP, DATA_DIR, MACHINE_PREFIX, NSPAWN_RUN_DIR, STATE_DIR
from nornir_hygiene.lab.processes import status

from .conftest import SEED

pytestmark = pytest.mark.lab


def machine() -> dict[str, object]:
    """Everything a lab could leave behind, and only that: other people work on the machine, too."""
    mountinfo = Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        "mounts": sorted(mount for line in mountinfo if (mount := line.split()[4]).startswith(str(DATA_DIR))),
        "loops": [number for number in NUMBERS if in_use(number)],
        "links": sorted(
            path.name for path in Path("/sys/class/net").iterdir() if path.name.startswith(("nrlab", "vb-"))
        ),
        "cgroups": [str(tree.mount) for tree in hierarchies() if (tree.mount / CGROUP).exists()],
        "folders": [folder for folder in (STATE_DIR, DATA_DIR) if folder.exists()],
        "nspawn": sorted(path.name for path in NSPAWN_RUN_DIR.rglob(f"{MACHINE_PREFIX}*")),
        "locks": sorted(path.name for path in (NSPAWN_RUN_DIR / "locks").glob("inode-*")),
        "programs": sorted(comm for comm in programs() if comm in ("systemd-nspawn", "systemd", "rbd-fuse")),
    }


def programs() -> list[str]:
    """Names of live processes that are in the lab's cgroups, or in a pid namespace of their own as its hosts are."""
    found = (status(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    of_lab = pids()
    live = [fields for fields in found if fields and not fields["State"].startswith("Z")]
    return [fields["Name"] for fields in live if len(fields["NSpid"].split()) > 1 or int(fields["Pid"]) in of_lab]


def start_up(*options: str) -> subprocess.Popen[bytes]:
    home = str(Path(nornir_hygiene.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "nornir_hygiene.cli.lab", "up", "--seed", str(SEED), *options],
        env=os.environ | {"PYTHONPATH": home},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def test_down_leaves_nothing_and_may_be_repeated(no_lab: None) -> None:
    before = machine()
    lab = Lab.up(SEED)
    assert machine() != before
    for name in ("zombies", "rbd-osd-stopped", "pids-limit", "io-hang", "fuse-hang", "fork-exhaustion"):
        lab.plant(name)
    take_down()
    assert machine() == before
    take_down()
    assert machine() == before


def test_down_ends_what_is_frozen_held_or_cannot_end(no_lab: None) -> None:
    before = machine()
    lab = Lab.up(SEED, bare=True)
    names = ("cgroup-frozen", "cgroup-frozen-v2", "container-stuck-terminating", "zombie-init-not-reaping")
    for name in (*names, "outside-parent", "vfork-wait", "stopped", "traced", "filesystem-frozen", "umount-hang"):
        lab.plant(name)
    take_down()
    assert machine() == before


def test_down_ends_faults_that_hang_readers(no_lab: None) -> None:
    before = machine()
    lab = Lab.up(SEED)
    for name in ("rbd-osd-stuck", "exec-hang", "ps-hang"):
        lab.plant(name)
    take_down()
    assert machine() == before


@pytest.mark.parametrize(
    "after_s", [0.7, 3.0, 9.0, *(pytest.param(each, marks=pytest.mark.long) for each in (1.2, 2.0, 6.0))]
)
def test_down_clears_away_a_killed_up(no_lab: None, after_s: float) -> None:
    before = machine()
    with start_up() as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    take_down()
    time.sleep(0.5)  # whoever was on its way into the lab has arrived, or has not
    assert not pids()
    assert machine() == before


def test_the_next_up_clears_away_a_killed_one(no_lab: None) -> None:
    with start_up("--bare") as process:
        time.sleep(2)
        process.send_signal(signal.SIGKILL)
    assert not Lab.is_up()
    assert Lab.up(SEED, bare=True).state.up
