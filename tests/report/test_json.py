import json
from pathlib import Path

import jsonschema
import pytest

from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.report import json as as_json
from nornir_hygiene.report import jsonl
from tests.report.samples import absent, cannot_fork, clean, partial, report, sick
from tests.report.test_text import hostile_report

PUBLISHED = Path(__file__).parents[2] / "docs" / "audit-report.schema.json"


def test_the_published_schema_is_the_models() -> None:
    assert PUBLISHED.read_text() == as_json.audit_schema(), "run: nr schema > docs/audit-report.schema.json"


@pytest.mark.parametrize("interrupted", [True, False])
def test_a_report_validates_against_the_published_schema(interrupted: bool) -> None:
    shown = report(sick(), clean(), absent(), cannot_fork(), partial(), interrupted=interrupted)
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(as_json.render(shown)))


def test_the_schema_refuses_a_report_with_an_unknown_reason() -> None:
    data = json.loads(as_json.render(report(absent())))
    data["hosts"][0]["not_observed"]["reason"] = "whatever"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text())).validate(data)


def test_a_report_read_back_is_the_same_report() -> None:
    shown = report(sick(), absent(), partial())
    assert AuditReport.model_validate_json(as_json.render(shown)) == shown


def test_hostile_text_leaves_as_plain_ascii_and_comes_back_whole() -> None:
    text = as_json.render(hostile_report())
    assert all(char == "\n" or " " <= char <= "~" for char in text)
    assert json.loads(text)["hosts"][0]["host"].startswith("\x1b[31m\x9b2J\n")


def test_json_lines_are_one_host_each_and_the_totals_last() -> None:
    *hosts, last = [json.loads(line) for line in jsonl.render(report(clean(), absent(), sick())).splitlines()]
    assert [host["host"] for host in hosts] == ["calm-1", "gone-1", "worker-1"]
    assert last["totals"]["selected"] == 3
    assert "hosts" not in last
