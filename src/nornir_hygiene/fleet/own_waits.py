"""Families of waits from a project's own `catalogue/`, checked one by one and put before the built-in ones.

A wrong entry stops `nr` before any host is asked: a team relies on what it wrote. What an entry takes from a built-in
family it has to say (`overrides`), so that neither a slip nor a new version of `nr` changes a diagnosis in silence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nornir_hygiene.content import YamlFile
from nornir_hygiene.diagnose.waits import WaitCatalogue, WaitFamily, WaitLook
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.yaml_lines import Steps, line_of
from nornir_hygiene.models.frozen import Frozen


@dataclass(frozen=True)
class OwnFamily:
    """One entry, and where it stands: `number` in the list `families` of `path`."""

    family: WaitFamily
    path: Path
    number: int

    def wrong(self, what: str, hint: str, *steps: str | int) -> ConfigError:
        """A complaint about this entry, or about the place below it that `steps` lead to."""
        return _wrong(f"{self.family.id}: {what}", self.path, ("families", self.number, *steps), hint)


def own_families(files: Iterable[YamlFile]) -> tuple[OwnFamily, ...]:
    """Every entry of the project in the order of its files. Raises ConfigError for a file of another form."""
    return tuple(
        OwnFamily(family, file.path, number) for file in files for number, family in enumerate(_of_file(file).families)
    )


def joined(built_in: WaitCatalogue, own: tuple[OwnFamily, ...]) -> WaitCatalogue:
    """Own families first, so that among equals they win; a built-in one of the same id makes room. Raises ConfigError.

    A more particular family (`beneath`, `comms`, `kernel_thread`) is still asked before a less particular one.
    """
    _each_once(own)
    for one in own:
        _says_what_it_takes(one, built_in)
    ids = {one.family.id for one in own}
    rest = tuple(family for family in built_in.families if family.id not in ids)
    catalogue = WaitCatalogue(families=(*(one.family for one in own), *rest))
    for one in own:
        _keeps_its_samples(one, catalogue)
    _takes_nothing_else(own, rest, catalogue)
    return catalogue


class _OwnFile(Frozen):
    """The schema of one file; ids are compared over all files, later."""

    families: tuple[WaitFamily, ...]


def _of_file(file: YamlFile) -> _OwnFile:
    try:
        return _OwnFile.model_validate(file.content)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A misspelt key is also a missing one: the misspelling is the mistake.
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        raise _wrong(_what(first, file.content), file.path, tuple(first["loc"]), _hint(first)) from error


def _what(error: ErrorDetails, content: Any) -> str:
    steps = error["loc"]
    who = _id_at(content, steps)
    last = str(steps[-1]) if steps else "this file"
    if error["type"] == "extra_forbidden":
        return f"{who}unknown key {last!r}"
    where = ".".join(str(step) for step in steps[2:] if step != "[key]")
    return f"{who}{where}: {error['msg']}" if where else f"{who}{error['msg']}"


def _id_at(content: Any, steps: Steps) -> str:
    """`my-wait: ` for an error within that entry, as far as it has a name."""
    try:
        return f"{content[steps[0]][steps[1]]['id']}: "
    except (LookupError, TypeError):
        return ""


def _hint(error: ErrorDetails) -> str:
    last = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        model: type[BaseModel] = WaitFamily if len(error["loc"]) > 1 else _OwnFile
        return nearest(last, (field.alias or name for name, field in model.model_fields.items()))
    if error["type"] == "literal_error":
        known = str(error.get("ctx", {}).get("expected", "")).split("'")[1::2]
        return nearest(str(error["input"]), known)
    return "docs/own-catalogue.md has an example"


def _each_once(own: tuple[OwnFamily, ...]) -> None:
    seen: dict[str, Path] = {}
    for one in own:
        if one.family.id in seen:
            raise one.wrong(f"stands in {seen[one.family.id]}, too", "give each entry an id of its own", "id")
        seen[one.family.id] = one.path


def _says_what_it_takes(one: OwnFamily, built_in: WaitCatalogue) -> None:
    family = one.family
    known = {each.id: each for each in built_in.families}
    for number, named in enumerate(family.overrides):
        if named not in known:
            raise one.wrong(f"overrides {named!r}, which is not built in", nearest(named, known), "overrides", number)
        if family.id != named and not _shared(family, known[named]):
            what = f"overrides {named!r}, but they share neither id nor name"
            raise one.wrong(what, f"take {named} off the list", "overrides", number)
    for other in known.values():
        if other.id not in family.overrides and (family.id == other.id or _shared(family, other)):
            name = ", ".join(_shared(family, other)) or f"the id {other.id}"
            what = f"{name} belongs to the built-in family {other.id}"
            raise one.wrong(what, f"if you mean it, add: overrides: [{', '.join((*family.overrides, other.id))}]")


def _shared(one: WaitFamily, other: WaitFamily) -> tuple[str, ...]:
    return tuple(symbol for symbol in one.symbols if any(_meet(symbol, each) for each in other.symbols))


def _meet(one: str, other: str) -> bool:
    """Whether some function has both names; a star stands for the rest."""
    if one.endswith("*") and other.endswith("*"):
        return one[:-1].startswith(other[:-1]) or other[:-1].startswith(one[:-1])
    if one.endswith("*"):
        return other.startswith(one[:-1])
    return one.startswith(other[:-1]) if other.endswith("*") else one == other


def _keeps_its_samples(one: OwnFamily, catalogue: WaitCatalogue) -> None:
    for field, wanted in (("matches", True), ("spares", False)):
        for number, text in enumerate(getattr(one.family, field)):
            found = catalogue.recognise(WaitLook.from_text(text)).name
            if (found == one.family.id) is not wanted:
                what = (
                    f"does not match its own sample {text!r}" if wanted else f"matches {text!r}, which it is to spare"
                )
                hint = (
                    f"that look is recognised as {found}; `nr explain {found}`" if wanted else "see names and beneath"
                )
                raise one.wrong(what, hint, field, number)


def _takes_nothing_else(own: tuple[OwnFamily, ...], rest: Iterable[WaitFamily], catalogue: WaitCatalogue) -> None:
    """What shows in no name: `frozen_sleepers` reaches for every harmless sleep that is shown in D."""
    by_id = {one.family.id: one for one in own}
    for family, text in _samples(rest):
        found = catalogue.recognise(WaitLook.from_text(text)).name
        if found in by_id and family.id not in by_id[found].family.overrides:
            raise by_id[found].wrong(
                f"takes {text!r} from the built-in family {family.id}",
                f"name less, or say so: overrides: [{', '.join((*by_id[found].family.overrides, family.id))}]",
            )


def _samples(families: Iterable[WaitFamily]) -> Iterator[tuple[WaitFamily, str]]:
    yield from ((family, text) for family in families for text in family.matches)


def _wrong(what: str, path: Path, steps: Steps, hint: str) -> ConfigError:
    return ConfigError(what, path, line_of(path.read_text(encoding="utf-8"), steps) or 1, hint)
