"""What `make demo` plays: every fault found, every twin spared, every host accounted for. Its long acts have tests."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.lab


def test_every_fault_is_found_every_twin_spared_every_host_accounted_for(no_lab: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nornir_hygiene.cli.main", "lab", "demo", "--seed", "20261121"],
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "WRONG" not in done.stdout
    assert "seed 20261121" in done.stderr
