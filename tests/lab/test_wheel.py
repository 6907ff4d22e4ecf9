"""What is shipped is enough: the wheel in an empty environment audits a real host."""

import subprocess
import sys
from pathlib import Path

import pytest

from nornir_hygiene.lab import Lab
from tests.lab.audits import audit, host_of, planted_and_ripe

pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]


def test_the_wheel_installs_into_an_empty_environment_and_audits_from_there(lab: Lab, tmp_path: Path) -> None:
    def run(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True, timeout=300, cwd=tmp_path)

    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "empty")
    python = str(tmp_path / "empty/bin/python")
    run(python, "-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), str(wheel))
    (planted,) = planted_and_ripe(lab, "zombies")
    report = audit("--host", planted.host, python=python)
    assert [finding.kind for finding in host_of(report, planted.host).findings] == ["zombie-parent-not-waiting"]
    listed = subprocess.run(
        [tmp_path / "empty/bin/nr", "list"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert "audit" in listed.stdout
    assert str(ROOT) not in listed.stdout
