"""AuditReport -> JSON: one document. Its schema is docs/audit-report.schema.json."""

import json
from typing import Any, Literal

from pydantic import BaseModel

from nornir_hygiene.models.run import AuditReport


def to_json(model: BaseModel, *, indent: int | None = None) -> str:
    """ASCII only: a process name with terminal escapes, C1 codes or lone surrogates leaves as \\uNNNN."""
    return dumps(model.model_dump(mode="json"), indent=indent)


def dumps(data: Any, *, indent: int | None = None) -> str:
    """Plain data as ASCII JSON; DEL too is escaped, which json.dumps alone lets through."""
    return json.dumps(data, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")


def render(report: AuditReport) -> str:
    """The whole report, indented, with a newline at its end."""
    return to_json(report, indent=2) + "\n"


def audit_schema() -> str:
    """The JSON Schema of what `render` prints, as published in docs/."""
    return schema_of(AuditReport, "serialization")


def schema_of(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> str:
    """The JSON Schema of what is read as (validation), or printed from (serialization) a model."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(mode=mode)}
    return dumps(schema, indent=2) + "\n"
