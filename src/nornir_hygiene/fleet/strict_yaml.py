"""Plain YAML content as a model; the first mistake is said with file, line and the nearest valid word."""

import types
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventory_file import nearest
from nornir_hygiene.fleet.yaml_lines import Steps, line_of

Checked = TypeVar("Checked", bound=BaseModel)


def checked(model: type[Checked], content: Any, path: Path, steps: Steps = ()) -> Checked:
    """`content`, read from `path` where `steps` lead to, as a `model`. Raises ConfigError."""
    if not isinstance(content, dict):
        raise wrong("must be a mapping such as `key: value`", path, steps)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A misspelt key is also a missing one: the misspelling is the mistake.
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        raise wrong(_what(first), path, (*steps, *first["loc"]), _hint(model, first)) from None


def wrong(what: str, path: Path, steps: Steps, hint: str = "") -> ConfigError:
    """A complaint about the place in the file that `steps` lead to."""
    return ConfigError(what, path, line_of(path.read_text(encoding="utf-8"), steps) or 1, hint)


def _what(error: ErrorDetails) -> str:
    last = str(error["loc"][-1]) if error["loc"] else "this file"
    if error["type"] == "extra_forbidden":
        return f"unknown key {last!r}"
    if error["type"] == "missing":
        return f"{last} is missing"
    # What our own validators say stands for itself.
    said = error["msg"].removeprefix("Value error, ")
    where = ".".join(str(step) for step in error["loc"])
    return f"{where}: {said}" if where else said


def _hint(model: type[BaseModel], error: ErrorDetails) -> str:
    steps = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        return nearest(str(steps[-1]), _keys(_model_at(model, steps[:-1])))
    if error["type"] in ("literal_error", "enum"):
        return nearest(str(error["input"]), str(error.get("ctx", {}).get("expected", "")).split("'")[1::2])
    if error["type"] == "missing":
        return f"add: {steps[-1]}: …"
    return ""


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], steps: Steps) -> type[BaseModel]:
    """The model below `steps`: lists and mappings are passed through."""
    for step in steps:
        by_key = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        if step in by_key:
            model = _model_in(by_key[str(step)]) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType, tuple, list, dict):
        return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
    return None
