import pytest

from nornir_hygiene.report.evidence import age


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "?"),
        (-3.0, "0s"),
        (0.4, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (270, "4m30s"),
        (7200, "2h"),
        (7325, "2h2m"),
        (273600, "3d4h"),
        (86400 * 400, "400d"),
    ],
)
def test_an_age_is_its_two_largest_units(seconds: float | None, words: str) -> None:
    assert age(seconds) == words
