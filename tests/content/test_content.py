import subprocess
import sys
from pathlib import Path

import pytest

import nornir_hygiene
from nornir_hygiene import content
from nornir_hygiene.errors import ConfigError, UsageError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder that is the current folder."""
    for name in ("tasks", "playbooks", "inventory"):
        (tmp_path / name).mkdir()
    (tmp_path / "nr.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_outside_a_project_only_the_built_in_content_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "mine.py").write_text("def mine(task): ...")
    monkeypatch.chdir(tmp_path)
    assert {"audit", "record"} <= set(content.task_names())
    assert "mine" not in content.task_names()
    assert content.default_inventory() == ROOT / "inventory"


def test_a_project_is_found_from_a_folder_deep_inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "tasks" / "mine.py").write_text("def mine(task):\n    return 7\n")
    deep = project / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert content.load_task("mine")(None) == 7  # type: ignore[comparison-overlap]
    assert content.task_files()["mine"].origin == str(project)
    assert content.default_inventory() == project / "inventory"


def test_a_project_names_its_own_folders(project: Path) -> None:
    (project / "jobs").mkdir()
    (project / "jobs" / "mine.py").write_text("def mine(task): ...")
    (project / "nr.yaml").write_text("tasks: jobs\n")
    assert content.task_files()["mine"].path == project / "jobs" / "mine.py"


def test_a_projects_task_hides_the_built_in_one(project: Path) -> None:
    (project / "tasks" / "audit.py").write_text("def audit(task):\n    return 'mine'\n")
    assert content.load_task("audit")(None) == "mine"  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("tasks: tasks\ntaks: tasks\n", 2, "unknown key 'taks'"),
        ("\n\nplaybooks: nowhere\n", 3, "there is no folder 'nowhere'"),
        ("inventory: [a]\n", 1, "there is no folder"),
        ("- tasks\n", 1, "must be a mapping"),
        ("tasks: tasks\ntasks: tasks\n", 2, "duplicate key"),
        ("tasks: {\n", 2, ""),
    ],
)
def test_a_wrong_marker_file_is_answered_with_file_and_line(project: Path, text: str, line: int, what: str) -> None:
    (project / "nr.yaml").write_text(text)
    with pytest.raises(ConfigError, match=f"nr.yaml:{line}: .*{what}"):
        content.task_names()


def test_an_unknown_key_is_answered_with_the_nearest(project: Path) -> None:
    (project / "nr.yaml").write_text("playbok: x\n")
    with pytest.raises(ConfigError, match="did you mean playbooks"):
        content.user_project()


def test_a_marker_that_is_not_text_is_an_answer_not_a_traceback(project: Path) -> None:
    (project / "nr.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        content.user_project()


def test_tasks_of_a_folder_anybody_can_write_to_are_not_run(project: Path) -> None:
    project.chmod(0o1777)
    with pytest.raises(ConfigError, match="any user can write"):
        content.load_task("audit")


def test_a_misspelt_task_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean audit"):
        content.load_task("audti")


@pytest.mark.parametrize("name", ["", ".", "../content", "audit.py", "_private", "nothing like it"])
def test_a_word_that_is_no_task_name_never_leaves_the_folder(project: Path, name: str) -> None:
    (project / "tasks" / "_private.py").write_text("def _private(task): ...")
    with pytest.raises(UsageError):
        content.load_task(name)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("x = 1\ndef broken(:\n", "broken.py:2", "syntax error"),
        ("import os\nimport nowhere_at_all\n", "broken.py:2", "nowhere_at_all"),
        ("\n\nundefined_name\n", "broken.py:3", "NameError"),
        ("def other(task): ...\n", "broken.py", "defines no function 'broken'"),
        ("broken = 3\n", "broken.py", "defines no function 'broken'"),
    ],
)
def test_a_broken_task_file_is_answered_with_file_and_line(project: Path, text: str, where: str, what: str) -> None:
    (project / "tasks" / "broken.py").write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        content.load_task("broken")
    assert caught.value.where.endswith(where)


def test_models_of_a_task_can_name_types_of_its_own_file(project: Path) -> None:
    source = """from __future__ import annotations
from pydantic import BaseModel
class Inner(BaseModel):
    x: int
class Outer(BaseModel):
    inner: Inner
def mine(task):
    return Outer(inner={"x": 1}).inner.x
"""
    (project / "tasks" / "mine.py").write_text(source)
    assert content.load_task("mine")(None) == 1  # type: ignore[comparison-overlap]


def test_a_task_knows_its_own_file(project: Path) -> None:
    path = project / "tasks" / "mine.py"
    path.write_text("def mine(task):\n    return __file__\n")
    assert content.load_task("mine")(None) == str(path)  # type: ignore[comparison-overlap]


def test_a_task_is_executed_once_however_often_it_is_asked_for(project: Path) -> None:
    (project / "tasks" / "mine.py").write_text("def mine(task): ...")
    assert content.load_task("mine") is content.load_task("mine")


def test_no_bytecode_is_left_beside_a_task(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (project / "tasks" / "mine.py").write_text("def mine(task): ...")
    content.load_task("mine")
    assert list((project / "tasks").iterdir()) == [project / "tasks" / "mine.py"]


def test_tasks_never_become_importable_modules(project: Path) -> None:
    (project / "tasks" / "mine.py").write_text("def mine(task): ...")
    content.load_task("mine")
    assert not {"tasks", "mine"} & set(sys.modules)


def test_load_task_is_there_for_anybodys_script() -> None:
    assert nornir_hygiene.load_task is content.load_task
    with pytest.raises(AttributeError):
        _ = nornir_hygiene.no_such_name


def test_importing_the_package_loads_neither_nornir_nor_yaml() -> None:
    code = "import sys, nornir_hygiene; print({'nornir', 'ruamel.yaml', 'pydantic', 'paramiko'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_every_file_of_the_wait_catalogue_comes_with_its_path() -> None:
    catalogue = ROOT / "src" / "nornir_hygiene" / "diagnose" / "catalogue"
    assert [file.path for file in content.wait_catalogue_data()] == sorted(catalogue.glob("*.yaml"))
