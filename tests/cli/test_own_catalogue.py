"""A project's own waits at the command line: explained with the file they come from, and refused with its line."""

from pathlib import Path

import pytest

from tests.cli.command import Home, closed_port

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-catalogue.md"
EXAMPLE = DOCUMENT.read_text().split("```yaml\n")[1].split("```")[0]


@pytest.fixture
def own(home: Home) -> Path:
    """The example of the document, in a project."""
    (home.project / "nr.yaml").touch()
    (home.project / "catalogue").mkdir()
    path = home.project / "catalogue" / "drbd.yaml"
    path.write_text(EXAMPLE)
    return path


def test_the_example_of_the_document_is_explained_listed_and_printed(home: Home, own: Path) -> None:
    for name in ("drbd-activity-log", "drbd_al_begin_io_commit"):
        told = home.nr("explain", name)
        assert told.stdout.startswith("drbd-activity-log\n"), told.stderr
        assert f"Comes from\n  - {own}\n" in told.stdout
    assert str(own) in home.nr("list").stdout
    assert "Comes from" not in home.nr("explain", "page-io").stdout
    printed = home.nr("explain", "--all-markdown").stdout
    assert {"### drbd-activity-log", "### page-io"} <= set(printed.splitlines())


def test_a_mistake_stops_every_command_before_any_host_is_asked(home: Home, own: Path) -> None:
    inventory = home.inventory(closed_port(), "w1")
    own.write_text(EXAMPLE.replace("killable:", "kilable: x\n    killable:"))
    for command in (["run", "audit", "--inventory", str(inventory)], ["explain", "page-io"]):
        done = home.nr(*command)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert f"{own}:5: drbd-activity-log: unknown key 'kilable'" in done.stderr
        assert "did you mean killable" in done.stderr
