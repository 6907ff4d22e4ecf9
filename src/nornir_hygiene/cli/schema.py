"""`nr schema`: what `nr run audit -o json` prints, as a JSON Schema."""

import sys

from nornir_hygiene.cli.streams import results


def schema() -> None:
    """Print the JSON Schema of `nr run audit -o json`."""
    from nornir_hygiene.report.json import audit_schema

    with results():
        sys.stdout.write(audit_schema())
