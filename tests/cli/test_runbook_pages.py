"""docs/runbooks.md and docs/runbook.schema.json are what the code says today."""

from pathlib import Path

import pytest

from tests.cli.command import Home

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("command", "document"),
    [(("explain", "--runbooks-markdown"), "runbooks.md"), (("schema", "runbook"), "runbook.schema.json")],
)
def test_the_generated_document_is_true(home: Home, command: tuple[str, ...], document: str) -> None:
    assert (DOCS / document).read_text() == home.nr(*command).stdout, f"nr {' '.join(command)} >docs/{document}"


def test_a_runbook_is_explained_by_its_name(home: Home) -> None:
    told = home.nr("explain", "restart-ceph-osd").stdout
    assert told.startswith("restart-ceph-osd: Bring a sick ceph-osd back\n")
    assert "for: rbd-io-hang, volume-attach-hang, whose cause is one osd, stopped or stuck" in told
    assert "2. restart it (if the cause is stuck)" in told
