from pathlib import Path

import pytest

from tests.cli.command import Home, closed_port

WRONG = [
    (["rum"], "did you mean 'run'"),
    (["run"], "missing argument"),
    (["run", "audit", "--nope"], "no such option"),
    (["run", "audit", "--timeout", "soon"], "valid number"),
    (["run", "audit", "--timeout", "0"], "greater than"),
    (["run", "audit", "--timeout", "nan"], "--timeout"),
    (["run", "audit", "--workers", "0"], "greater than"),
    (["run", "audit", "--fail-on", "bad"], "is not one of"),
    (["run", "audit", "-o", "xml"], "is not one of"),
    (["run", "audit", "--filter", "role"], "key=value"),
    (["run", "audti"], "did you mean audit"),
    (["run", "audit", "--group", "workres"], "workers"),
    (["run", "audit", "--host", "w99"], "w1"),
    (["run", "audit", "--inventory", "nowhere"], "nowhere"),
    (["show", "no-such-run"], "no saved run"),
]


@pytest.mark.parametrize(
    ("arguments", "answer"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_command_line_is_exit_2_with_one_message_on_stderr(
    home: Home, arguments: list[str], answer: str
) -> None:
    inventory = home.inventory(closed_port(), "w1", "w2")
    (home.project / "nr.yaml").write_text(f"inventory: {inventory.name}\n")
    done = home.nr(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert answer in done.stderr.lower()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["hosts.yaml", "groups.yaml"])
def test_a_broken_inventory_is_answered_with_file_and_line(home: Home, name: str) -> None:
    inventory = home.inventory(closed_port(), "w1")
    (inventory / name).write_text("---\nw1: {}\nw2: [\n")
    done = home.nr("run", "audit", "--inventory", str(inventory))
    assert done.returncode == 2
    assert f"{name}:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_task_file_is_exit_2_with_file_and_line(home: Home) -> None:
    home.task("mine", "def mine(task:\n")
    done = home.nr("run", "mine")
    assert done.returncode == 2
    assert "tasks/mine.py:1: syntax error" in done.stderr


def test_nr_alone_shows_its_help_and_is_exit_2(home: Home) -> None:
    done = home.nr()
    assert done.returncode == 2
    assert "Usage: nr" in done.stderr


def test_the_version_is_printed_both_ways(home: Home) -> None:
    assert home.nr("--version").stdout == home.nr("version").stdout == "nr 0.1.0\n"


def test_list_names_tasks_and_groups_and_where_they_come_from(home: Home) -> None:
    inventory = home.inventory(closed_port(), "w1", "w2")
    home.task("mine", "def mine(task): ...")
    done = home.nr("list")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["mine", str(home.project), str(home.project / "tasks" / "mine.py")] in lines
    assert ["audit", "built-in"] in [line[:2] for line in lines]
    assert ["workers", "2", "hosts"] in lines
    assert str(inventory) in done.stdout


def test_list_shows_everything_else_when_the_inventory_is_broken(home: Home) -> None:
    inventory = home.inventory(closed_port(), "w1")
    (inventory / "hosts.yaml").write_text("[\n")
    home.task("mine", "def mine(task): ...")
    done = home.nr("list")
    assert done.returncode == 2
    assert "mine" in done.stdout
    assert "hosts.yaml" in done.stderr


def test_nothing_is_left_in_the_current_folder(home: Home, tmp_path: Path) -> None:
    home.inventory(closed_port(), "w1")
    home.nr("run", "audit", "--inventory", "inventory")
    assert [path.name for path in home.project.iterdir()] == ["inventory"]
