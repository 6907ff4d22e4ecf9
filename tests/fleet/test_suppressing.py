"""`suppressions.yaml`: read strictly, and every mistake said with its line and the nearest right word."""

import contextlib
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nornir.core.inventory import Group, Groups, Host, Hosts, Inventory, ParentGroups
from ruamel.yaml import YAML

from nornir_hygiene.content import suppression_data
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.suppressing import groups_of, read_suppressions
from nornir_hygiene.models.suppression import Suppression

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "suppressions.schema.json").read_text())
GOOD = """# known
- kind: rbd-io-hang
  host: worker-*
  reason: new disks
  owner: storage
  expires: 2026-12-31
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nr.yaml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "suppressions.yaml"


def read() -> tuple[Suppression, ...]:
    file = suppression_data()
    assert file is not None
    return read_suppressions(file)


def test_without_the_file_and_outside_a_project_nothing_is_read(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert suppression_data() is None
    (tmp_path / "nr.yaml").unlink()
    project.write_text(GOOD)
    assert suppression_data() is None


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "[]\n"])
def test_an_empty_file_hides_nothing(project: Path, text: str) -> None:
    project.write_text(text)
    assert read() == ()


def test_an_entry_knows_its_line(project: Path) -> None:
    project.write_text(GOOD + GOOD.replace("rbd-io-hang", "[stopped, traced]"))
    first, second = read()
    assert (first.kind, first.where) == (("rbd-io-hang",), "suppressions.yaml:2")
    assert (second.kind, second.where) == (("stopped", "traced"), "suppressions.yaml:8")


def test_a_word_is_what_stands_there_whatever_yaml_would_make_of_it(project: Path) -> None:
    project.write_text(GOOD.replace("worker-*", "on").replace("new disks", "2026").replace("storage", "no"))
    (one,) = read()
    assert (one.host, one.reason, one.owner) == ("on", "2026", "no")


@pytest.mark.parametrize(
    ("old", "new", "line", "what", "hint"),
    [
        ("rbd-io-hang", "rbd-io-hagn", 2, "there is no kind 'rbd-io-hagn'", "did you mean rbd-io-hang"),
        ("rbd-io-hang", "[stopped, trced]", 2, "there is no kind 'trced'", "did you mean traced"),
        ("rbd-io-hang", "cannot-fork", 2, "there is no kind 'cannot-fork'", "why a host was not observed"),
        ("rbd-io-hang", "[]", 2, "kind: must be a kind or a list of kinds", ""),
        ("rbd-io-hang", '"*"', 2, "there is no kind '*'", "known: "),
        ("  reason:", "  raeson:", 4, "unknown key 'raeson'", "did you mean reason"),
        ("  owner: storage\n", "", 2, "owner is missing", "add: owner"),
        ("  expires: 2026-12-31\n", "", 2, "expires is missing", "add: expires"),
        ("- kind: rbd-io-hang\n  host", "- host", 2, "kind is missing", "add: kind"),
        ("  host: worker-*\n", "", 2, 'every host is host: "*"', ""),
        ("worker-*", '""', 3, "host: String should have at least 1 character", ""),
        ("worker-*", "*", 3, "expected alphabetic", "needs quotes"),
        ("new disks", "  ", 4, "reason: String should have at least 1 character", ""),
        ("2026-12-31", "2026-02-30", 6, "'2026-02-30' is not a day", ""),
        ("2026-12-31", "2026-12-31 12:00", 6, "a time with its zone", ""),
        ("2026-12-31", "1700000000", 6, "is not a day", ""),
        ("2026-12-31", "9999-12-31T23:00:00-12:00", 6, "is not a day", ""),
        ("2026-12-31", "never", 6, "is not a day", ""),
        (GOOD, "kind: stopped\n", 1, "must be a list of entries", ""),
        (GOOD, "- stopped\n", 1, "must be a mapping", ""),
        (GOOD, "- kind: a\n  kind: b\n", 2, "duplicate key", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_its_line(  # one row per mistake a person can make
    project: Path, old: str, new: str, line: int, what: str, hint: str
) -> None:
    assert old in GOOD
    project.write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as wrong:
        read()
    assert str(wrong.value).startswith(f"{project}:{line}: "), wrong.value
    assert what in wrong.value.what
    assert hint in wrong.value.hint


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*GOOD.splitlines(), *"[{&*!|?'\"%", "- ", "kind: [", "? [a]"]), max_size=12).map(
        "\n".join
    )
)
def test_no_text_gives_anything_but_entries_or_a_complaint(project: Path, text: str) -> None:
    project.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert all(one.kind and (one.host or one.group) and one.expires.tzinfo for one in _read_or_refused(project))


def _read_or_refused(project: Path) -> tuple[Suppression, ...]:
    """Whatever else is raised is a traceback for somebody."""
    with contextlib.suppress(ConfigError):
        return read()
    return ()


def test_thousands_of_brackets_are_a_complaint(project: Path) -> None:
    project.write_text("[" * 3_000)
    with pytest.raises(ConfigError, match="cannot be read"):
        read()


def test_every_group_a_host_is_in_counts_also_by_another_group() -> None:
    groups = Groups({"site": Group(name="site")})
    groups["workers"] = Group(name="workers", groups=ParentGroups([groups["site"]]))
    hosts = Hosts(
        {"w1": Host(name="w1", groups=ParentGroups([groups["workers"]])), "s1": Host(name="s1", groups=ParentGroups())}
    )
    inventory = Inventory(hosts=hosts, groups=groups)
    assert groups_of(inventory, ("w1", "s1", "gone")) == {"w1": {"workers", "site"}, "s1": frozenset()}


def test_the_example_of_the_document_is_read_and_fits_the_schema(project: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "suppressions.md").read_text(), re.DOTALL)
    project.write_text(example)
    first, second = read()
    assert (first.host, first.subject, first.where) == ("worker-*", "device rbd*", "suppressions.yaml:2")
    assert (second.kind, second.group) == (("stopped", "traced"), "development")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(YAML(typ="base", pure=True).load(example), SCHEMA)


@pytest.mark.parametrize("key", ["kind", "host", "reason", "owner", "expires"])
def test_the_schema_refuses_what_the_reader_refuses(key: str) -> None:
    (entry,) = YAML(typ="base", pure=True).load(GOOD)
    jsonschema.validate([entry], SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{name: value for name, value in entry.items() if name != key}], SCHEMA)
