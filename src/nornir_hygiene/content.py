"""Where tasks/, playbooks/, catalogue/ and the inventory are found: in a checkout, in a wheel, or in one's own project.

The search order is always: the user's project folder, then what `nr` brings along. A project folder is the nearest
parent of the current folder that holds the marker file `nr.yaml`:

    inventory: inventory      # every key may be left out; these are the defaults
    tasks: tasks
    playbooks: playbooks
    catalogue: catalogue
"""

import difflib
import importlib.util
import stat
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.models.frozen import Frozen

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from nornir.core.task import Result

    TaskFunction = Callable[..., Result]

MARKER = "nr.yaml"
BUILT_IN = "built-in"
_PACKAGE = Path(__file__).parent
_WRONG_AT_IMPORT = (ImportError, NameError, AttributeError, TypeError, ValueError, LookupError, OSError)


class Project(Frozen):
    """A folder with tasks/, playbooks/, catalogue/, inventory/. `name` is shown to people: its path, or "built-in"."""

    name: str
    inventory: Path
    tasks: Path
    playbooks: Path
    catalogue: Path


class ContentFile(NamedTuple):
    """One task or playbook: its word on the command line, and where it comes from."""

    name: str
    path: Path
    origin: str


class YamlFile(NamedTuple):
    """A file of the catalogue and its plain content, not yet checked against a schema."""

    path: Path
    content: Any


def built_in() -> Project:
    """What `nr` brings along: the packaged copy if there is one, else the checkout this module lies in."""
    packaged = _PACKAGE / "_content"
    root = packaged if packaged.is_dir() else _PACKAGE.parent.parent
    folders = {key: root / key for key in ("inventory", "tasks", "playbooks")}
    return Project(name=BUILT_IN, **folders, catalogue=_PACKAGE / "diagnose" / "catalogue")


def user_project(start: Path | None = None) -> Project | None:
    """The project the current folder belongs to, or None. Raises ConfigError if its marker file is wrong."""
    here = (start or Path.cwd()).resolve()
    folder = next((folder for folder in (here, *here.parents) if (folder / MARKER).is_file()), None)
    if folder is None:
        return None
    _refuse_a_folder_anybody_can_write(folder)
    return _read_marker(folder)


def _refuse_a_folder_anybody_can_write(folder: Path) -> None:
    # Tasks are code: /tmp/nr.yaml planted by somebody else must not run in everybody's folder below /tmp.
    if folder.stat().st_mode & stat.S_IWOTH:
        raise ConfigError(
            "any user can write to this folder, so its tasks are not run",
            folder / MARKER,
            hint=f"chmod o-w {folder}, or remove the file",
        )


def _read_marker(folder: Path) -> Project:
    marker = folder / MARKER
    folders = {key: key for key in ("inventory", "tasks", "playbooks", "catalogue")}
    content = _read_yaml(marker, "rt")
    if content is None:
        content = CommentedMap()
    if not isinstance(content, CommentedMap):
        raise ConfigError("must be a mapping such as `tasks: tasks`", marker, 1)
    for key, value in content.items():
        line = content.lc.key(key)[0] + 1
        if key not in folders:
            hint = _nearest(str(key), folders) or f"known keys: {', '.join(folders)}"
            raise ConfigError(f"unknown key {key!r}", marker, line, hint)
        if not isinstance(value, str) or not (folder / value).is_dir():
            raise ConfigError(f"{key}: there is no folder {value!r} here", marker, line)
        folders[key] = value
    return Project(name=str(folder), **{key: folder / value for key, value in folders.items()})


def _read_yaml(path: Path, typ: Literal["rt", "safe", "base"]) -> Any:
    """Plain dicts and lists for "safe", of text alone for "base"; "rt" also knows on which line each key stands."""
    try:
        return YAML(typ=typ, pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        hint = 'a word that begins with * needs quotes, such as "*"' if "alias" in str(error.context) else ""
        raise ConfigError(str(error.problem or error.context), path, mark.line + 1 if mark else None, hint) from error
    # ValueError: 2026-02-30, which looks like a day; RecursionError: a thousand brackets.
    except (YAMLError, ValueError, RecursionError, OSError) as error:
        raise ConfigError(f"cannot be read: {error}", path) from error


def _projects() -> tuple[Project, ...]:
    mine = user_project()
    return (mine, built_in()) if mine else (built_in(),)


def default_inventory() -> Path:
    """The inventory used without --inventory: the project's if it has one, else the built-in example."""
    return next((each.inventory for each in _projects() if each.inventory.is_dir()), built_in().inventory)


def task_files() -> dict[str, ContentFile]:
    """Every task by name, sorted; a project's task hides the built-in one of the same name."""
    return _content({project.name: project.tasks for project in _projects()}, ".py")


def playbook_files() -> dict[str, ContentFile]:
    """Every playbook by name, sorted; a project's playbook hides the built-in one of the same name."""
    return _content({project.name: project.playbooks for project in _projects()}, ".yaml")


def own_catalogue_files() -> dict[str, ContentFile]:
    """The project's files of wait families by name, sorted; they add to the built-in ones. Raises ConfigError."""
    mine = user_project()
    if mine is None:
        return {}
    for misnamed in sorted(mine.catalogue.glob("*.yml")):
        raise ConfigError("is not read", misnamed, hint=f"call it {misnamed.stem}.yaml")
    return _content({mine.name: mine.catalogue}, ".yaml")


def task_names() -> tuple[str, ...]:
    """What may stand after `nr run`."""
    return tuple(task_files())


def playbook_names() -> tuple[str, ...]:
    """The declared runbooks."""
    return tuple(playbook_files())


def _content(folders: dict[str, Path], suffix: str) -> dict[str, ContentFile]:
    found: dict[str, ContentFile] = {}
    for origin, folder in folders.items():
        for path in sorted(folder.glob(f"[!_.]*{suffix}")):
            found.setdefault(path.stem, ContentFile(path.stem, path, origin))
    return dict(sorted(found.items()))


def load_task(name: str) -> "TaskFunction":
    """The Nornir task function `name` out of `tasks/NAME.py`, ready for `nr.run(task=…)` in anybody's script.

    Raises UsageError for an unknown name, ConfigError when the file cannot be loaded or has no such function.
    """
    files = task_files()
    if name not in files:
        raise UsageError(f"there is no task {name!r}", _nearest(name, files) or f"tasks: {', '.join(files) or 'none'}")
    path = files[name].path
    function = getattr(_load_module(path), name, None)
    if not callable(function):
        raise ConfigError(f"defines no function {name!r}", path, hint=f"add: def {name}(task: Task) -> Result: …")
    return function  # type: ignore[no-any-return]  # a user's file: what it returns shows when it is run


class _NoBytecode(SourceFileLoader):
    """Leaves no __pycache__ beside people's tasks: a wheel built from a checkout would ship it."""

    def set_data(self, path: str, data: "ReadableBuffer", *, _mode: int = 0o666) -> None:
        """Writes nothing."""


def _load_module(path: Path) -> ModuleType:
    # The name is private and depends on the path: a top-level module "tasks" belongs to Invoke's and Celery's users.
    private_name = f"_nornir_hygiene_task_{path.stem}_{abs(hash(path)):x}"
    if private_name in sys.modules:
        return sys.modules[private_name]
    loader = _NoBytecode(private_name, str(path))
    spec = ModuleSpec(private_name, loader, origin=str(path))
    spec.has_location = True  # gives the module its __file__
    module = importlib.util.module_from_spec(spec)
    # Before execution: pydantic resolves a model's annotations through sys.modules.
    sys.modules[private_name] = module
    try:
        _execute(loader, module, path)
    except BaseException:
        del sys.modules[private_name]
        raise
    return module


def _execute(loader: SourceFileLoader, module: ModuleType, path: Path) -> None:
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        raise ConfigError(f"syntax error: {error.msg}", Path(error.filename or path), error.lineno) from error
    except _WRONG_AT_IMPORT as error:
        what = f"cannot be loaded: {type(error).__name__}: {error}"
        raise ConfigError(what, path, _line_in(error, path)) from error


def _line_in(error: BaseException, path: Path) -> int | None:
    """The last line of `path` on the way to the error."""
    lines, step = [], error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            lines.append(step.tb_lineno)
        step = step.tb_next
    return lines[-1] if lines else None


def wait_catalogue_data() -> tuple[YamlFile, ...]:
    """The wait catalogue as plain data, one entry per file; whoever diagnoses checks it against its schema."""
    files = sorted(built_in().catalogue.glob("*.yaml"))
    return tuple(YamlFile(path, _read_yaml(path, "safe")) for path in files)


def own_catalogue_data() -> tuple[YamlFile, ...]:
    """The same of the project the current folder belongs to; often nothing. Raises ConfigError."""
    return tuple(YamlFile(file.path, _read_yaml(file.path, "safe")) for file in own_catalogue_files().values())


def playbook_data(name: str) -> YamlFile:
    """One declared runbook as plain data. Raises UsageError for an unknown name, ConfigError for broken YAML."""
    files = playbook_files()
    if name not in files:
        known = f"runbooks: {', '.join(files) or 'none'}"
        raise UsageError(f"there is no runbook {name!r}", _nearest(name, files) or known)
    return YamlFile(files[name].path, _read_yaml(files[name].path, "safe"))


def policy_data() -> YamlFile | None:
    """`policy.yaml` beside the marker file of the project the current folder belongs to. Raises ConfigError."""
    return _beside_the_marker("policy.yaml", "safe")


def suppression_data() -> YamlFile | None:
    """`suppressions.yaml` beside the same marker file, every word of it as text: a day is no date yet, `on` no truth.

    Raises ConfigError.
    """
    return _beside_the_marker("suppressions.yaml", "base")


def notification_data() -> YamlFile | None:
    """`notification.yaml` beside the same marker file. Raises ConfigError."""
    return _beside_the_marker("notification.yaml", "safe")


def retention_data() -> YamlFile | None:
    """`retention.yaml` beside the same marker file. Raises ConfigError."""
    return _beside_the_marker("retention.yaml", "safe")


def _beside_the_marker(name: str, typ: Literal["safe", "base"]) -> YamlFile | None:
    mine = user_project()
    path = Path(mine.name) / name if mine else None
    return YamlFile(path, _read_yaml(path, typ)) if path and path.is_file() else None


def kind_data() -> YamlFile:
    """What people are told about each kind, as plain data."""
    path = _PACKAGE / "diagnose" / "kinds.yaml"
    return YamlFile(path, _read_yaml(path, "safe"))


def _nearest(name: str, known: Iterable[str]) -> str:
    names = difflib.get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(names)}?" if names else ""
