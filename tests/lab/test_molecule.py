"""Molecule: a real host is broken, repaired with `nr`, repaired once more without any change, and verified."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab

pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenario_passes_on_real_hosts(lab: Lab, scenario: str, tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
    }
    done = subprocess.run(
        [binaries / "molecule", "test", "--scenario-name", scenario],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout + done.stderr
