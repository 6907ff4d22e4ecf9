"""Nornir's SimpleInventory files, read strictly: whatever is wrong is said with file and line.

The text is read once, fast and without positions; only a mistake costs a second look for its line.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.yaml_lines import Steps, line_of
from nornir_hygiene.models.settings import HostSettings

SETTINGS_KEY = "nornir_hygiene"

Checked = TypeVar("Checked", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    hostname: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = None
    platform: str | None = None


class OptionsEntry(_Strict):
    """One entry of `connection_options`."""

    extras: dict[str, Any] | None = None


class DefaultsEntry(_Strict):
    """The whole of defaults.yaml."""

    data: dict[str, Any] | None = None
    connection_options: dict[str, OptionsEntry | None] | None = None


class Entry(DefaultsEntry):
    """One host of hosts.yaml, or one group of groups.yaml."""

    groups: list[str] | None = None


class InventoryFile:
    """One file and its content. Every complaint is a ConfigError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = _text(path)
        self.content = self._load()

    def entries(self) -> dict[str, Entry]:
        """For hosts.yaml and groups.yaml: each name and what stands below it."""
        return {self._name(name): self.checked(Entry, below, (name,)) for name, below in self.content.items()}

    def checked(self, model: type[Checked], content: Any, steps: Steps = ()) -> Checked:
        """`content` as `model`, its data.nornir_hygiene checked as well; `steps` lead to it from the top."""
        try:
            entry = model.model_validate(content or {})
        except ValidationError as error:
            raise self._complaint(error, steps) from None
        settings = (getattr(entry, "data", None) or {}).get(SETTINGS_KEY)
        try:
            HostSettings.model_validate({} if settings is None else settings)
        except ValidationError as error:
            raise self._complaint(error, (*steps, "data", SETTINGS_KEY)) from None
        return entry

    def wrong(self, what: str, steps: Steps, hint: str = "") -> ConfigError:
        """A complaint about the place `steps` lead to."""
        return ConfigError(what, self.path, self._line(steps), hint)

    def _load(self) -> dict[Any, Any]:
        try:
            content = YAML(typ="safe").load(self._text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise ConfigError(
                str(error.problem or error.context), self.path, mark.line + 1 if mark else None, "not valid YAML"
            ) from None
        except YAMLError as error:
            raise ConfigError(f"not valid YAML: {error}", self.path) from None
        if content is not None and not isinstance(content, dict):
            raise ConfigError("must be a mapping such as `name: {hostname: 192.0.2.1}`", self.path, 1)
        return content or {}

    def _name(self, name: object) -> str:
        if not isinstance(name, str):
            raise self.wrong(f"the name {name!r} is not text", (), f'put it into quotes: "{name}"')
        return name

    def _complaint(self, error: ValidationError, steps: Steps) -> ConfigError:
        first = error.errors()[0]
        where = (*steps, *first["loc"])
        last = str(where[-1]) if where else "this file"
        if first["type"] == "extra_forbidden":
            known = _keys_at(error.title, first["loc"])
            return self.wrong(f"unknown key {last!r}", where, nearest(last, known))
        return self.wrong(f"{'.'.join(map(str, where[1:])) or last}: {first['msg']}", where)

    def _line(self, steps: Steps) -> int | None:
        return line_of(self._text, steps)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint: the names that look like `name`, and all of them if they are few."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3)
    listed = f"known: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}" if names else "none is known"
    return f"did you mean {' or '.join(close)}? ({listed})" if close else listed


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path) from None


def _keys_at(model_name: str, loc: Steps) -> list[str]:
    """The keys that may stand beside the unknown one."""
    models: Mapping[str, type[BaseModel]] = {
        model.__name__: model for model in (OptionsEntry, DefaultsEntry, Entry, HostSettings)
    }
    model = models[model_name]
    for step in loc[:-1]:
        annotation = model.model_fields[str(step)].annotation if str(step) in model.model_fields else OptionsEntry
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else model
    return list(model.model_fields)
