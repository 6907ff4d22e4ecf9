"""Lengths of time as people write them."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.span import parse_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        (" 7d ", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_number_and_a_unit_are_a_span(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-7d", "7 d", "7D", "1.5h", "1d12h", "²d", "٣d", "99999999w"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="15m, 24h, 7d"):
        parse_span(text)


@given(st.from_regex(r"\A[0-9]{1,9}[smhdw]\Z") | st.text(max_size=12))
def test_any_text_is_a_span_above_nothing_or_is_refused(text: str) -> None:
    told = timedelta()
    with suppress(ValueError):
        told = parse_span(text)
        assert told > timedelta()
    assert timedelta() <= told <= timedelta(days=36_500)
