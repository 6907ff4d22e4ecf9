import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.report.safe import safe

HOSTILE = [
    ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
    ("\x9b31m", r"\x9b31m"),
    ("a\nb\rc\td\x7f", r"a\x0ab\x0dc\x09d\x7f"),
    ("\u202etxt.exe", r"\u202etxt.exe"),
    ("\u2066x\u2069\u200b\ufeff", r"\u2066x\u2069\u200b\ufeff"),
    ("line\u2028para\u2029", r"line\u2028para\u2029"),
    ("\udc80", r"\udc80"),
    ("\U000e0041", r"\U000e0041"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_could_steer_a_terminal_is_shown_as_its_code(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize("text", ["kworker/0:1-events", "größe", "データ", "[bold]x[/bold]", r"foo\x2dbar.service"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@given(st.text(alphabet=st.characters()))
def test_no_text_brings_a_control_or_format_character_through(text: str) -> None:
    assert not [char for char in safe(text) if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert safe(safe(text)) == safe(text)
