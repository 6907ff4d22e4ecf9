"""A file of `playbooks/` as a Runbook that can be carried out: every word in it is known before any host is asked."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from nornir_hygiene.content import YamlFile, playbook_data, playbook_files
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.knowledge import kind_book
from nornir_hygiene.fleet.strict_yaml import checked, wrong
from nornir_hygiene.fleet.yaml_lines import Steps
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Runbook, Step
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.guards import GUARDS
from nornir_hygiene.remediate.values import VALUES, is_name


@dataclass(frozen=True)
class Loaded:
    """A runbook by name; `digest` is the SHA-256 of its file, so that a plan knows when it has changed."""

    name: str
    path: Path
    digest: str
    runbook: Runbook


def load_runbook(name: str) -> Loaded:
    """Raises UsageError for an unknown name, ConfigError with file and line for whatever is wrong in it."""
    file = playbook_data(name)
    digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    return Loaded(name, file.path, digest, read_runbook(file))


def every_runbook() -> tuple[Loaded, ...]:
    """All of the project and the built-in ones."""
    return tuple(map(load_runbook, playbook_files()))


def read_runbook(file: YamlFile) -> Runbook:
    """Form first, then every name in it."""
    runbook = checked(Runbook, file.content, file.path)
    _check_names(runbook, file.path)
    for number, rung in enumerate(runbook.rungs):
        for index, step in enumerate(rung.steps):
            _check_step(runbook, step, file.path, ("rungs", number, "steps", index))
    return runbook


def _check_names(runbook: Runbook, path: Path) -> None:
    kinds = [entry.kind for entry in kind_book().kinds]
    for number, kind in enumerate(runbook.handles.kinds):
        if kind not in kinds:
            raise wrong(f"there is no kind {kind!r}", path, ("handles", "kinds", number), nearest(kind, kinds))
    for number, guard in enumerate(runbook.guards):
        if guard not in GUARDS:
            raise wrong(f"there is no guard {guard!r}", path, ("guards", number), nearest(guard, GUARDS))
    if runbook.otherwise and runbook.otherwise not in playbook_files():
        raise wrong(
            f"there is no runbook {runbook.otherwise!r}",
            path,
            ("otherwise",),
            nearest(runbook.otherwise, playbook_files()),
        )
    if runbook.on == "cause" and runbook.per != "cause":
        raise wrong("`on: cause` needs `per: cause`: a finding alone does not say where its cause lives", path, ("on",))


def _check_step(runbook: Runbook, step: Step, path: Path, place: Steps) -> None:
    action = ACTIONS.get(step.do)
    if action is None:
        raise wrong(f"there is no action {step.do!r}", path, (*place, "do"), nearest(step.do, ACTIONS))
    if action.risk.rank > runbook.risk.rank:
        what = f"{action.name} is {action.risk}, and this runbook says that it is {runbook.risk}"
        raise wrong(what, path, (*place, "do"), f"risk: {action.risk}")
    if step.at == "admin" and runbook.per != "cause":
        raise wrong("`at: admin` needs `per: cause`", path, (*place, "at"))
    if action.at and step.at != action.at:
        raise wrong(f"{action.name} is done `at: {action.at}` only", path, place, f"at: {action.at}")
    fields = action.arguments.model_fields
    for name in step.with_:
        if name not in fields:
            raise wrong(f"{action.name} takes no {name!r}", path, (*place, "with", name), nearest(name, fields))
    for name, field in fields.items():
        if field.is_required() and name not in step.with_:
            raise wrong(f"{action.name} needs {name!r}", path, place, f"with: {{{name}: …}}")
    for name, given in step.with_.items():
        _check_given(given, fields[name], path, (*place, "with", name))


def _check_given(given: str | int, field: FieldInfo, path: Path, place: Steps) -> None:
    """A name has to be known and of the right sort; a literal has to be one the action takes."""
    if not is_name(given):
        _check_literal(given, field, path, place)
        return
    value = VALUES.get(str(given))
    if value is None:
        raise wrong(f"there is no value {given!r}", path, place, nearest(str(given), VALUES))
    wanted = field.annotation
    if (value.sort is ProcessIdentity) != (wanted is ProcessIdentity):
        needed = "a process" if wanted is ProcessIdentity else "a word or a number"
        raise wrong(f"{given} is {value.about}, and here stands {needed}", path, place)


def _check_literal(given: str | int, field: FieldInfo, path: Path, place: Steps) -> None:
    taker = create_model("Taker", given=(field.annotation or str, field))
    try:
        taker(given=given)
    except ValidationError as error:
        raise wrong(f"{given!r}: {error.errors()[0]['msg']}", path, place) from None
