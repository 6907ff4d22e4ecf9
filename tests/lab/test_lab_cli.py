"""`nr lab` as a person types it."""

import pytest
from typer.testing import CliRunner

from nornir_hygiene.cli.lab import lab_app
from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import Lab

pytestmark = pytest.mark.lab


def nr_lab(*words: str) -> str:
    done = CliRunner().invoke(lab_app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_fault_is_planted_shown_and_healed(lab: Lab) -> None:
    told = nr_lab("fault", "zombies")
    assert told.startswith(f"zombies on {lab.state.planted[-1].host}: ")
    assert "twin of zombies" in nr_lab("status")
    assert nr_lab("heal") == "healed zombies\n"
    assert "zombies" not in nr_lab("status")


def test_a_misspelt_fault_is_not_healed_in_silence(lab: Lab) -> None:
    with pytest.raises(LabError, match="no fault 'zombis'"):
        nr_lab("heal", "zombis")


def test_without_a_lab_the_way_to_one_is_named(no_lab: None) -> None:
    assert nr_lab("status") == "the lab is not up\n"
    with pytest.raises(LabError, match="not up"):
        nr_lab("fault", "zombies")
