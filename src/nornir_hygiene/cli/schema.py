"""`nr schema`: the JSON Schema of what `nr` prints, or of what people write for it."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from nornir_hygiene.cli.streams import results


class Document(StrEnum):
    """audit, report: what these print as JSON. runbook, suppressions: files people write, for their editors."""

    AUDIT = "audit"
    REPORT = "report"
    RUNBOOK = "runbook"
    SUPPRESSIONS = "suppressions"


def schema(
    document: Annotated[
        Document,
        typer.Argument(
            help="audit: of `nr run audit -o json`; report: of `nr report -o json`; "
            "runbook: of playbooks/; suppressions: of suppressions.yaml."
        ),
    ] = Document.AUDIT,
) -> None:
    """Print a JSON Schema."""
    from nornir_hygiene.models.hygiene import HygieneReport
    from nornir_hygiene.models.runbook import Runbook
    from nornir_hygiene.models.suppression import SuppressionFile
    from nornir_hygiene.report.json import audit_schema, schema_of

    with results():
        if document is Document.AUDIT:
            sys.stdout.write(audit_schema())
        elif document is Document.REPORT:
            sys.stdout.write(schema_of(HygieneReport, "serialization"))
        else:
            model = Runbook if document is Document.RUNBOOK else SuppressionFile
            sys.stdout.write(schema_of(model, "validation"))
