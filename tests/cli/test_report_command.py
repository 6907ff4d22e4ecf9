"""`nr report`, as typed."""

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

from nornir_hygiene.report.json import to_json
from tests.cli.command import Home, closed_port
from tests.report import hygiene_samples

PUBLISHED = Path(__file__).parents[2] / "docs" / "hygiene-report.schema.json"

FORMATS = ("text", "json", "html", "md", "junit", "openmetrics")


@pytest.fixture
def audited(home: Home) -> Home:
    """Two hosts that refuse, audited once; the project also has one nobody asked."""
    (home.project / "nr.yaml").touch()
    home.inventory(closed_port(), "w1", "w2", "w3")
    assert home.nr("run", "audit", "--host", "w1", "--host", "w2").returncode == 3
    return home


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_history_is_no_error_in_any_format(home: Home, form: str) -> None:
    done = home.nr("report", "-o", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_of_what_was_audited(audited: Home, form: str) -> None:
    done = audited.nr("report", "-o", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2" in done.stdout


def test_hosts_of_the_project_that_were_never_audited_are_named(audited: Home) -> None:
    made = json.loads(audited.nr("report", "-o", "json").stdout)
    assert made["coverage"]["never"] == ["w3"]
    assert made["coverage"]["totals"]["not_observed"] == 2
    assert [one["host"] for one in made["hosts"]] == ["w1", "w2"]
    assert "never audited in this time: w3" in audited.nr("report").stdout


def test_a_group_and_a_host_narrow_it(audited: Home) -> None:
    text = audited.nr("report", "--group", "workers", "--host", "w1").stdout
    assert text.startswith("group workers, host w1, ")
    assert "0 of 1 host observed" in text
    made = json.loads(audited.nr("report", "--host", "w3", "-o", "json").stdout)
    assert (made["hosts"], made["coverage"]["never"], made["coverage"]["audits"]) == ([], ["w3"], 0)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--group", "nobody"), "there is no group 'nobody' in the inventory"),
        (("--host", "w9"), "there is no host 'w9' in the history or the inventory"),
        (("--since", "yesterday"), "--since: 'yesterday' is no span of time"),
        (("--since", "0d"), "is no span of time"),
        (("--inventory", "nowhere"), "nowhere"),
        (("--to", "nr.yaml/x.html"), "the report cannot be written"),
    ],
)
def test_a_wrong_word_is_said_and_nothing_is_printed(audited: Home, arguments: tuple[str, ...], why: str) -> None:
    done = audited.nr("report", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_inventory_nobody_asked_for_costs_a_warning(audited: Home) -> None:
    (audited.project / "inventory" / "hosts.yaml").write_text("w1: [")
    done = audited.nr("report", "-o", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["coverage"]["totals"]["selected"] == 2
    assert "warning: the report does without an inventory" in done.stderr
    assert audited.nr("report", "--group", "workers").returncode == 2


def test_without_a_project_the_example_inventory_is_nobodys_fleet(home: Home) -> None:
    made = json.loads(home.nr("report", "-o", "json").stdout)
    assert made["coverage"]["never"] == []


def test_a_file_is_written_whole_as_a_shell_would_and_replaced(audited: Home) -> None:
    path = audited.project / "reports" / "today.json"
    for _ in range(2):
        done = audited.nr("report", "-o", "json", "--to", str(path))
        assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(path.read_text())["coverage"]["audits"] == 1
    umask = os.umask(0o077)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert [each.name for each in path.parent.iterdir()] == ["today.json"]


def test_a_span_leaves_out_what_was_before_it(audited: Home) -> None:
    import sqlite3

    with sqlite3.connect(audited.runs.parent / "history.sqlite") as connection:
        connection.execute("UPDATE audits SET started_at = '2020-01-01 00:00:00.000000'")
    connection.close()
    assert "No audit of these hosts" in audited.nr("report").stdout
    assert json.loads(audited.nr("report", "--since", "5000d", "-o", "json").stdout)["coverage"]["audits"] == 1


def test_a_pipe_and_a_link_are_written_to_and_stay_what_they_are(audited: Home) -> None:
    pipe, link, real = (audited.project / name for name in ("pipe", "link", "real.json"))
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)  # so that nobody waits for the other end
    try:
        assert audited.nr("report", "-o", "junit", "--host", "w3", "--to", str(pipe)).returncode == 0
        assert os.read(reader, 65_536).startswith(b"<?xml")
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    real.touch()
    link.symlink_to(real)
    assert audited.nr("report", "-o", "json", "--to", str(link)).returncode == 0
    assert link.is_symlink()
    assert json.loads(real.read_text())["coverage"]["audits"] == 1


def test_the_published_schema_is_what_the_command_prints_and_a_report_fits_it(audited: Home) -> None:
    told = audited.nr("schema", "report").stdout
    assert PUBLISHED.read_text() == told, "nr schema report >docs/hygiene-report.schema.json"
    schema = json.loads(told)
    jsonschema.Draft202012Validator.check_schema(schema)
    made = json.loads(audited.nr("report", "-o", "json").stdout)
    jsonschema.Draft202012Validator(schema).validate(made)
    for told_of in (hygiene_samples.rich(), hygiene_samples.hostile(), hygiene_samples.empty()):
        jsonschema.Draft202012Validator(schema).validate(json.loads(to_json(told_of)))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**made, "made_up": 1})
