"""A team's own families of waits: read beside the built-in ones, refused with file and line, never in silence."""

import textwrap
from pathlib import Path

import pytest

from nornir_hygiene.content import YamlFile, own_catalogue_data
from nornir_hygiene.diagnose import WaitCatalogue, diagnose
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.diagnose.waits import WaitLook
from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.own_waits import joined, own_families
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import shipped_catalogue

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-catalogue.md"


def entry(**changed: str) -> str:
    """One entry as text, a line per field; a field of value "" is left out."""
    fields = {
        "id": "my-wait", "class": "root", "waits_for": "device", "killable": "yes", "names": "{all: [my_driver_wait]}",
        "meaning": "waits for my driver", "restores": "my driver", "source": "my_driver.c",
        "matches": "[D my_driver_wait]", "spares": "[S my_driver_wait]",
    } | changed  # fmt: skip
    lines = [f"    {name}: {value}" for name, value in fields.items() if value]
    return "  -" + "\n".join(lines)[3:] + "\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nr.yaml").touch()
    (tmp_path / "catalogue").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "catalogue"


def read() -> WaitCatalogue:
    return joined(shipped_catalogue(), own_families(own_catalogue_data()))


def name_of(look: str, catalogue: WaitCatalogue) -> str:
    return catalogue.recognise(WaitLook.from_text(look)).name


def refused(project: Path, text: str, name: str = "mine.yaml") -> ConfigError:
    (project / name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        read()
    return caught.value


def test_an_own_family_is_recognised_beside_all_the_built_in_ones(project: Path) -> None:
    (project / "mine.yaml").write_text("families:\n" + entry())
    catalogue = read()
    assert name_of("D my_driver_wait", catalogue) == "my-wait"
    assert {family.id for family in catalogue.families} == {f.id for f in shipped_catalogue().families} | {"my-wait"}
    for family in shipped_catalogue().families:
        assert {name_of(text, catalogue) for text in family.matches} == {family.id}


def test_a_finding_names_the_own_family_and_what_restores_it(project: Path) -> None:
    (project / "mine.yaml").write_text("families:\n" + entry())
    snapshot = snapshot_from("10 1 D worker my_driver_wait age=300")
    (finding,) = (one for one in diagnose("h", snapshot, Thresholds(), read()) if "my-wait" in str(one.subject))
    assert (finding.kind, finding.restores) == ("blocked-task", "my driver")


def test_a_project_without_a_catalogue_and_no_project_at_all_have_the_built_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_catalogue_data() == ()
    (tmp_path / "nr.yaml").touch()
    assert own_catalogue_data() == ()
    assert joined(shipped_catalogue(), ()).families == shipped_catalogue().families


def test_the_marker_names_another_folder(project: Path) -> None:
    (project / "mine.yaml").write_text("families:\n" + entry())
    project.rename(project.parent / "waits")
    (project.parent / "nr.yaml").write_text("catalogue: waits\n")
    assert [file.path for file in own_catalogue_data()] == [project.parent / "waits" / "mine.yaml"]


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        (entry(meaning=""), 2, "meaning: Field required", "docs/own-catalogue.md"),
        (entry(meaning="", meanning="x"), 11, "my-wait: unknown key 'meanning'", "did you mean meaning"),
        (entry(**{"class": "rot"}), 3, "class: Input should be", "did you mean root"),
        (entry(waits_for="devise"), 4, "waits_for: Input should be", "did you mean device"),
        (entry(names="{el9: [my_driver_wait]}"), 6, "names.el9: Input should be", "el8"),
        (entry(names="{all: [my-driver]}"), 6, "names.all.0: String should match", ""),
        (entry(matches="[nonsense]"), 2, "not a sample of the form", ""),
        (entry(matches="[]"), 10, "matches: ", ""),
        (entry(matches="[D other_wait]"), 10, "does not match its own sample 'D other_wait'", "unknown (other_wait)"),
        (entry(spares="[D my_driver_wait]"), 11, "matches 'D my_driver_wait', which it is to spare", "beneath"),
        (entry() + entry(), 12, "my-wait: stands in", "an id of its own"),
        (entry(overrides="[page-oi]"), 12, "overrides 'page-oi', which is not built in", "did you mean page-io"),
        (entry(overrides="[page-io]"), 12, "share neither id nor name", "take page-io off"),
        (entry(id="page-io"), 2, "the id page-io belongs to the built-in family", "add: overrides: [page-io]"),
        (
            entry(names="{all: [__folio_lock]}", matches="[D __folio_lock]"),
            2, "folio_lock belongs to the built-in family page-io", "add: overrides: [page-io]",
        ),
        (
            entry(names='{all: ["my_*", "folio_l*"]}'),
            2, "folio_l* belongs to the built-in family page-io", "add: overrides: [page-io]",
        ),
        (
            entry(names="{all: [my_driver_wait, schedule_timeout_mine]}"),
            2, "schedule_timeout_mine belongs to the built-in family", "add: overrides: [",
        ),
        (entry(frozen_sleepers="true"), 2, "from the built-in family frozen-in-place", "name less, or say so"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_file_line_and_what_to_do(
    project: Path, text: str, line: int, what: str, hint: str
) -> None:
    error = refused(project, "families:\n" + text)
    assert error.where == f"{project / 'mine.yaml'}:{line}", error
    assert what in error.what
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "valid dictionary"),
        ("familys: []\n", "unknown key 'familys'"),
        ("families: {}\n", "valid tuple"),
        ("families: [\n", ""),
        ("families:\n  - 7\n", "valid dictionary"),
    ],
)
def test_a_file_of_another_form_is_answered_too(project: Path, text: str, what: str) -> None:
    error = refused(project, text)
    assert str(project / "mine.yaml") in error.where
    assert what in error.what


def test_a_file_that_would_not_be_read_is_not_passed_over(project: Path) -> None:
    assert "call it mine.yaml" in refused(project, "families: []\n", "mine.yml").hint


def test_two_files_may_not_have_the_same_id(project: Path) -> None:
    (project / "a.yaml").write_text("families:\n" + entry())
    error = refused(project, "families:\n" + entry(), "b.yaml")
    assert error.where == f"{project / 'b.yaml'}:2"
    assert "a.yaml" in error.what


def test_who_says_so_stands_in_the_place_of_a_built_in_family(project: Path) -> None:
    (project / "mine.yaml").write_text("families:\n" + entry(id="page-io", overrides="[page-io]"))
    catalogue = read()
    assert name_of("D my_driver_wait", catalogue) == "page-io"
    assert name_of("D __folio_lock", catalogue) == "unknown (__folio_lock)"


def test_who_says_so_is_asked_first_and_leaves_the_rest(project: Path) -> None:
    changed = {"names": "{all: [__folio_lock]}", "matches": "[D __folio_lock]", "overrides": "[page-io]"}
    (project / "mine.yaml").write_text("families:\n" + entry(**changed))
    catalogue = read()
    assert name_of("D __folio_lock", catalogue) == "my-wait"
    assert name_of("D folio_wait_bit_common", catalogue) == "page-io"


def test_a_condition_takes_only_what_it_says(project: Path) -> None:
    changed = {
        "names": "{all: [folio_wait_bit_common]}", "beneath": "[my_driver_read]", "overrides": "[page-io]",
        "matches": "[D folio_wait_bit_common < my_driver_read]", "spares": "[D folio_wait_bit_common]",
    }  # fmt: skip
    (project / "mine.yaml").write_text("families:\n" + entry(**changed))
    catalogue = read()
    assert name_of("D folio_wait_bit_common < my_driver_read", catalogue) == "my-wait"
    assert name_of("D folio_wait_bit_common < filemap_read", catalogue) == "page-io"


def test_the_second_example_of_the_document_is_a_line_of_an_entry() -> None:
    line = textwrap.dedent(DOCUMENT.read_text().split("```yaml\n")[2].split("```")[0])
    changed = {"id": "page-io", "overrides": line.removeprefix("overrides:").strip()}
    content = {"families": [shipped_catalogue().families[0].model_dump(by_alias=True, mode="json") | changed]}
    content["families"][0]["overrides"] = ["page-io"]
    assert line == "overrides: [page-io]\n"
    own = own_families([YamlFile(DOCUMENT, content)])
    assert own[0].family.overrides == ("page-io",)
