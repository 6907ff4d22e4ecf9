"""What `nr` knows by heart, read and checked once per process: the wait catalogue and the words about each kind."""

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from nornir_hygiene.content import YamlFile, kind_data, own_catalogue_data, wait_catalogue_data
from nornir_hygiene.diagnose.kinds import KindBook
from nornir_hygiene.diagnose.waits import WaitCatalogue
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.own_waits import OwnFamily, joined, own_families

Known = TypeVar("Known", bound=BaseModel)


@cache
def catalogue() -> WaitCatalogue:
    """The wait-channel catalogue with the project's own entries. Raises ConfigError naming file and line."""
    built_in = WaitCatalogue.joined(_checked(WaitCatalogue, file) for file in wait_catalogue_data())
    own = _own()
    return joined(built_in, own) if own else built_in


def wait_origins() -> dict[str, Path]:
    """Which file each family of the project comes from; the built-in ones are not in it."""
    return {one.family.id: one.path for one in _own()}


@cache
def _own() -> tuple[OwnFamily, ...]:
    return own_families(own_catalogue_data())


@cache
def kind_book() -> KindBook:
    """The words about each kind. Raises ConfigError."""
    return _checked(KindBook, kind_data())


def _checked(model: type[Known], file: YamlFile) -> Known:
    try:
        return model.model_validate(file.content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {first['msg']}", file.path) from error
