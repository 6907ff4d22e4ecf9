"""How long what audits saw is kept: `retention.yaml` in the project folder."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.span import parse_span


def _span(given: object) -> object:
    return parse_span(given) if isinstance(given, str) else given


Span = Annotated[timedelta, BeforeValidator(_span), Field(strict=True, ge=timedelta(days=1))]


class Retention(Frozen):
    """A day at least each. The journal of runs is never shortened."""

    history: Span = Field(timedelta(days=90), description="audits, and what had ended by then")
    saved_runs: Span = Field(
        timedelta(days=14), description="whole audits as files, with their evidence: half a megabyte for 200 hosts"
    )
