"""Recorded text from real machines: cases/PARSER/NAME.txt beside NAME.json, dropped in and picked up."""

import json
from pathlib import Path

import pytest

from nornir_hygiene.parse.frames import text_of
from tests.parse.parsers import PARSERS, plain

CASES = sorted(Path(__file__).with_name("cases").glob("*/*.txt"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_text_is_read_as_written_beside_it(case: Path) -> None:
    lines = [text_of(line) for line in case.read_bytes().split(b"\n")[:-1]]
    read = json.loads(json.dumps(plain(PARSERS[case.parent.name](lines))))
    assert read == json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))


def test_every_case_has_its_expectation_and_every_expectation_its_case() -> None:
    texts = {path.with_suffix("") for path in CASES}
    expected = {path.with_suffix("") for path in Path(__file__).with_name("cases").glob("*/*.json")}
    assert texts == expected
    assert texts
