"""The demo with all its acts (`make demo` plays the short ones), under two seeds."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("seed", [1, 20261121])
def test_every_fault_is_found_every_twin_spared_every_host_accounted_for(no_lab: None, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nornir_hygiene.cli.main", "lab", "demo", "--all", "--seed", str(seed)],
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "WRONG" not in done.stdout
    assert f"seed {seed}" in done.stderr
