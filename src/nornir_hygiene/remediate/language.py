"""A file of `playbooks/` as a Runbook that can be carried out: every word in it is known before any host is asked."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from nornir_hygiene.content import YamlFile, playbook_data, playbook_files
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.knowledge import kind_book
from nornir_hygiene.fleet.strict_yaml import checked, wrong
from nornir_hygiene.fleet.yaml_lines import Steps
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Given, Runbook, Step, Word
from nornir_hygiene.remediate.actions import ACTIONS
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.guards import GUARDS
from nornir_hygiene.remediate.values import VALUES, is_name


@dataclass(frozen=True)
class Loaded:
    """A runbook by name; `digest` is the SHA-256 of its files, so that a plan knows when it has changed."""

    name: str
    path: Path
    digest: str
    runbook: Runbook


def load_runbook(name: str) -> Loaded:
    """Raises UsageError for an unknown name, ConfigError with file and line for whatever is wrong in it."""
    file = playbook_data(name)
    runbook = read_runbook(file)
    return Loaded(name, file.path, _digest(file.path, runbook), runbook)


def _digest(path: Path, runbook: Runbook) -> str:
    """Of the runbook's file; where it plays something of the team's own, of the digests of all that belongs to it."""
    digests = [_sha256(path)]
    for step in (step for rung in runbook.rungs for step in rung.steps):
        for name, file in ACTIONS[step.do].files(step.with_).items():
            digests += [name, _sha256(file)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\0".join(digests).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error}", path) from None


def every_runbook() -> tuple[Loaded, ...]:
    """All of the project and the built-in ones."""
    return tuple(map(load_runbook, playbook_files()))


def read_runbook(file: YamlFile) -> Runbook:
    """Form first, then every name in it."""
    runbook = checked(Runbook, file.content, file.path)
    _check_names(runbook, file.path)
    for number, rung in enumerate(runbook.rungs):
        for index, step in enumerate(rung.steps):
            place = ("rungs", number, "steps", index)
            _check_step(runbook, step, file.path, place)
            _check_order(rung.steps[:index], step, file.path, place)
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
    if step.at == "admin" and runbook.per != "cause" and action.at != "admin":
        raise wrong("`at: admin` needs `per: cause`", path, (*place, "at"))
    if action.at and step.at != action.at:
        raise wrong(f"{action.name} is done `at: {action.at}` only", path, place, f"at: {action.at}")
    _check_arguments(action, step, path, place)


def _check_arguments(action: Action, step: Step, path: Path, place: Steps) -> None:
    fields = action.arguments.model_fields
    for name in step.with_:
        if name not in fields:
            raise wrong(f"{action.name} takes no {name!r}", path, (*place, "with", name), nearest(name, fields))
    for name, field in fields.items():
        if field.is_required() and name not in step.with_:
            raise wrong(f"{action.name} needs {name!r}", path, place, f"with: {{{name}: …}}")
    mistake = action.mistake(step.with_)
    if mistake:
        where = (*place, "with", mistake.argument) if mistake.argument else place
        raise wrong(mistake.what, path, where, mistake.hint)
    for name, given in step.with_.items():
        _check_given(given, fields[name], path, (*place, "with", name))


def _check_order(before: tuple[Step, ...], step: Step, path: Path, place: Steps) -> None:
    if ACTIONS[step.do].by_a_person and not all(ACTIONS[each.do].by_a_person for each in before):
        what = f"{step.do} stands first in its rung: what was checked or set up before it is old when a person answers"
        raise wrong(what, path, (*place, "do"), "move it to the front, or begin a rung with it")


def _check_given(given: Given, field: FieldInfo, path: Path, place: Steps) -> None:
    """A name has to be known and of the right sort; a literal has to be one the action takes."""
    if is_name(given):
        _check_name(str(given), field.annotation, path, place)
        return
    for key, word in _within(given):
        if is_name(word):
            _check_name(str(word), str, path, (*place, key))
    _check_literal(given, field, path, place)


def _within(given: Given) -> Iterable[tuple[str | int, Word]]:
    """The words of a list or a mapping, each with its place in it."""
    if isinstance(given, tuple):
        return enumerate(given)
    return given.items() if isinstance(given, dict) else ()


def _literal(given: Given) -> Given:
    """With some word where a word of the finding will stand."""
    if isinstance(given, tuple):
        return tuple("x" if is_name(word) else word for word in given)
    return {key: "x" if is_name(word) else word for key, word in given.items()} if isinstance(given, dict) else given


def _check_name(given: str, wanted: object, path: Path, place: Steps) -> None:
    value = VALUES.get(given)
    if value is None:
        raise wrong(f"there is no value {given!r}", path, place, nearest(given, VALUES))
    if _sort_in_words(value.sort) != _sort_in_words(wanted):
        raise wrong(f"{given} is {value.about}, and here stands {_sort_in_words(wanted)}", path, place)


def _sort_in_words(sort: object) -> str:
    """Of an argument that may be left out: what it is if it is there."""
    sorts = get_args(sort) if get_origin(sort) in (Union, UnionType) else (sort,)
    if ProcessIdentity in sorts:
        return "a process"
    if tuple[ProcessIdentity, ...] in sorts:
        return "several processes"
    return "a list of words" if {get_origin(each) for each in sorts} & {tuple, dict} else "a word or a number"


def _check_literal(given: Given, field: FieldInfo, path: Path, place: Steps) -> None:
    taker = create_model("Taker", given=(field.annotation or str, field))
    try:
        taker(given=_literal(given))
    except ValidationError as error:
        raise wrong(f"{given!r}: {error.errors()[0]['msg']}", path, place) from None
