"""The words about each kind: none missing, none too many, and the printed catalogue says the same."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.content import kind_data
from nornir_hygiene.diagnose import KINDS, RULES
from nornir_hygiene.diagnose.kinds import KindBook, explained_kind, explained_wait
from nornir_hygiene.report.explanations import markdown
from tests.diagnose.snapshots import shipped_catalogue

BOOK = KindBook.model_validate(kind_data().content)
CATALOGUE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def test_every_kind_is_explained_in_diagnose_kinds_yaml_and_no_other() -> None:
    explained = {entry.kind for entry in BOOK.kinds}
    assert {
        "without an entry in src/nornir_hygiene/diagnose/kinds.yaml": sorted(set(KINDS) - explained),
        "with an entry but without a rule": sorted(explained - set(KINDS)),
    } == {
        "without an entry in src/nornir_hygiene/diagnose/kinds.yaml": [],
        "with an entry but without a rule": [],
    }


def test_the_printed_catalogue_is_made_from_the_data_of_today() -> None:
    kinds = [explained_kind(entry, RULES) for entry in BOOK.kinds]
    made = markdown(kinds, map(explained_wait, shipped_catalogue().families))
    assert CATALOGUE.read_text() == made, "run: nr explain --all-markdown >docs/catalogue.md"


def test_an_explanation_tells_thresholds_and_samples_from_where_they_are_kept() -> None:
    entry = BOOK.entry("io-hang")
    assert entry is not None
    told = {passage.title: passage.points for passage in explained_kind(entry, RULES).passages}
    assert told["Thresholds"][1] == "blocked_warning_s = 30: D shorter than this is normal I/O: at most info"
    assert "a busy disk: every wait is short" in told["Spared"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"thresholds": ["blocked_s"]}, "there is no threshold blocked_s"),
        ({"what": ""}, "at least 1 character"),
        ({"restores": []}, "at least 1 item"),
        ({"recognized": ["x"]}, "Extra inputs"),
    ],
)
def test_a_wrong_entry_is_refused(change: dict[str, object], says: str) -> None:
    entry = {"kind": "x", "what": "x", "recognised": ["x"], "restores": ["x"], "does_not_help": ["x"], "sources": ["x"]}
    assert KindBook.model_validate({"kinds": [entry]})
    with pytest.raises(ValidationError, match=says):
        KindBook.model_validate({"kinds": [entry | change]})


def test_a_kind_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="kinds given twice: io-hang"):
        KindBook(kinds=(*BOOK.kinds, *[entry for entry in BOOK.kinds if entry.kind == "io-hang"]))
