"""`nr schema`: the JSON Schema of what `nr` prints, or of what people write for it."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from nornir_hygiene.cli.streams import results


class Document(StrEnum):
    """audit: what `nr run audit -o json` prints. runbook: a file of `playbooks/`, for editors."""

    AUDIT = "audit"
    RUNBOOK = "runbook"


def schema(
    document: Annotated[Document, typer.Argument(help="audit: of `nr run audit -o json`; runbook: of playbooks/.")] = (
        Document.AUDIT
    ),
) -> None:
    """Print a JSON Schema."""
    from nornir_hygiene.models.runbook import Runbook
    from nornir_hygiene.report.json import audit_schema, schema_of

    text = audit_schema() if document is Document.AUDIT else schema_of(Runbook, "validation")
    with results():
        sys.stdout.write(text)
