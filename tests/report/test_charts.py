"""What pygal draws is geometry and text only, tells peaks, and can be read without being seen."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.models.hygiene import Moment
from nornir_hygiene.report.charts import CHARTS, POINTS, Chart, points, svg, told
from tests.report import hygiene_samples as samples

ALLOWED = {"svg", "g", "path", "rect", "text", "title", "desc"}
ATTRIBUTES = {"class", "d", "x", "y", "width", "height", "transform", "viewBox", "role", "aria-labelledby", "id"}


def of(*blocked: int) -> tuple[Moment, ...]:
    return tuple(
        Moment(at=samples.SINCE + timedelta(minutes=15 * number), selected=9, observed=9, blocked=count)
        for number, count in enumerate(blocked)
    )


@pytest.mark.parametrize("chart", CHARTS, ids=lambda each: each.title)
def test_it_is_geometry_and_text_without_style_script_or_reference(chart: Chart) -> None:
    drawn = svg(chart, samples.moments(), "c")
    elements = list(ElementTree.fromstring(drawn).iter())
    assert {re.sub(r"\{.*\}", "", each.tag) for each in elements} <= ALLOWED
    assert {name for each in elements for name in each.attrib} <= ATTRIBUTES
    assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert len(drawn) < 10_000


@pytest.mark.parametrize("chart", CHARTS, ids=lambda each: each.title)
def test_each_line_is_there_once_with_a_point_for_each_moment(chart: Chart) -> None:
    drawn = svg(chart, samples.moments(40), "c")
    lines = re.findall(r'class="series serie-(\d) color-\1"><path d="([^"]+)"', drawn)
    assert len(lines) == len(chart.lines)
    assert all(len(path.split()) == 2 * 40 for _, path in lines)


def test_its_name_and_description_are_unique_by_the_name_it_is_given() -> None:
    assert 'aria-labelledby="one-title one-desc"' in svg(CHARTS[0], of(1, 2), "one")
    assert 'id="two-title"' in svg(CHARTS[0], of(1, 2), "two")


def test_it_is_the_same_each_time() -> None:
    assert svg(CHARTS[1], samples.moments(), "c") == svg(CHARTS[1], samples.moments(), "c")


def test_a_peak_between_two_points_is_kept_and_so_is_a_dip_of_coverage() -> None:
    counts = [0] * 700
    counts[351] = 90
    assert max(values[2] for _, values in points(CHARTS[1], of(*counts))) == 90
    dip = [moment.model_copy(update={"observed": 2 if at == 351 else 9}) for at, moment in enumerate(of(*counts))]
    assert min(values[0] for _, values in points(CHARTS[2], dip)) == 2


@given(st.integers(2, 1500))
def test_there_are_at_most_so_many_points_and_the_last_is_the_newest(count: int) -> None:
    moments = of(*range(count))
    found = points(CHARTS[1], moments)
    assert 1 <= len(found) <= POINTS
    assert found[-1][0] == moments[-1].at
    assert found[-1][1][2] == count - 1


def test_in_words_it_says_from_what_to_what_and_between_what() -> None:
    words = told(CHARTS[1], of(3, 9, 1))
    assert "blocked: 3 at first, 1 at last, between 1 and 9" in words
    assert words.startswith("From 2026-11-15 07:30 to 2026-11-15 08:00 UTC.")


@pytest.mark.parametrize("counts", [(0, 0), (0, 1), (1_000_000, 7), (5, 5, 5)])
def test_extremes_are_drawn(counts: tuple[int, ...]) -> None:
    assert svg(CHARTS[1], of(*counts), "c").count("<path") > 3
