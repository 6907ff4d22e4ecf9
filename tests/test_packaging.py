"""What must agree: the wheel and git, the documents and the command line."""

import re
import shlex
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INVENTORY = {f"inventory/{name}.yaml" for name in ("hosts", "groups", "defaults")}
CONTENT = "nornir_hygiene/_content/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def files_in_git(*paths: str) -> set[str]:
    listed = subprocess.check_output(["git", "-C", str(ROOT), "ls-files", "-z", *paths], text=True)
    return set(filter(None, listed.split("\0")))


def test_the_wheel_ships_exactly_the_content_that_is_in_git(wheel: Path) -> None:
    shipped = {name.removeprefix(CONTENT) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(CONTENT)}
    assert shipped == files_in_git("tasks", "playbooks") | INVENTORY


def test_the_wheel_ships_every_file_of_the_package(wheel: Path) -> None:
    """Data files too: the probe, the catalogue, py.typed."""
    shipped = {f"src/{name}" for name in zipfile.ZipFile(wheel).namelist() if not name.startswith(CONTENT)}
    assert files_in_git("src/nornir_hygiene") <= shipped


def test_from_the_unpacked_wheel_the_packaged_content_is_found(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "from nornir_hygiene import content; print(content.built_in().tasks); print(*content.task_names())"
    # -S and a path of its own would lose the dependencies: the unpacked wheel just goes first.
    done = subprocess.check_output([sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, cwd="/", text=True)
    folder, names = done.splitlines()
    assert folder == str(tmp_path / CONTENT / "tasks")
    assert {"audit", "record"} <= set(names.split())


def documented_commands() -> list[str]:
    """`nr …` lines of the ```console blocks in README.md and docs/."""
    commands = []
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"```console\n(.*?)```", document.read_text(), flags=re.DOTALL):
            commands += re.findall(r"^(?:\$ |# )?(?:sudo )?(nr [^|>;&#\n]*)", block, flags=re.MULTILINE)
    return sorted(set(commands))


@cache
def help_of(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nornir_hygiene.cli.main", *command, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"nr {' '.join(command)} is no command: {done.stderr}"
    return done.stdout


def complaint(line: str) -> str | None:
    """What the command line does not know of it, or None."""
    words = shlex.split(line)[1:]
    depth = 2 if words[0] in ("lab", "schedule") else 1
    plain = [word for word in words[:depth] if not word.startswith("-")]
    text = help_of(*plain)
    known = set(re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", text))
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"{line}: unknown {unknown}" if unknown else None


@pytest.mark.parametrize("line", documented_commands())
def test_every_documented_command_and_option_exists(line: str) -> None:
    assert complaint(line) is None


def test_the_check_of_documented_commands_notices_what_does_not_exist() -> None:
    assert complaint("nr run audit --group k8s-workers -o json --fail-on=critical") is None
    assert complaint("nr run audit --grupo x") == "nr run audit --grupo x: unknown ['--grupo']"
    with pytest.raises(AssertionError, match="is no command"):
        complaint("nr audit")
