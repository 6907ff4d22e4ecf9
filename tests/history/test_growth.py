"""A leak is a slope; a busy day, a burst and a restart are none."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, sin, tau

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.history.growth import Growth, Step, growth_of

BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def steps(value_at: Callable[[float], float], hours: float, every_min: float = 15) -> list[Step]:
    """Audited every 15 minutes; equal values are one step."""
    told: list[Step] = []
    for number in range(int(hours * 60 / every_min) + 1):
        at = BEGUN + timedelta(minutes=every_min * number)
        value = max(0, round(value_at(number * every_min / 60)))
        if told and told[-1].value == value:
            told[-1] = told[-1]._replace(to_at=at)
        else:
            told.append(Step(at, at, value))
    return told


def first_told(value_at: Callable[[float], float], hours: int, begins: int = 0) -> float | None:
    """After how many hours it is told for the first time, looked at every hour."""
    return next((hour for hour in range(begins, hours) if growth_of(steps(value_at, hour))), None)


def leak(begins: float, per_hour: float, base: float = 6) -> Callable[[float], float]:
    return lambda hour: base + max(0.0, hour - begins) * per_hour


def test_four_an_hour_are_told_within_three_hours_of_their_beginning() -> None:
    told = first_told(leak(48, 4), 72, 40)
    assert told is not None
    assert 48 < told <= 51


def test_a_slow_leak_is_told_by_a_longer_window() -> None:
    told = first_told(leak(48, 0.25), 24 * 9, 40)
    assert told is not None
    assert told <= 48 + 40


def test_how_fast_and_how_long_it_lasts() -> None:
    found = growth_of(steps(leak(48, 4), 72))
    assert found is not None
    assert found.least_per_hour <= found.per_hour <= found.most_per_hour
    assert found.per_hour == pytest.approx(4, rel=0.1)
    likely, earliest, latest = found.hours_until(found.value + 400)
    assert earliest <= likely <= latest
    assert likely == pytest.approx(100, rel=0.1)
    assert found.hours_until(1) == (0, 0, 0)
    assert Growth(0.0, -1.0, 1.0, BEGUN, 5).hours_until(10) == (inf, 5, inf)


def noisy(seed: int) -> Callable[[float], float]:
    """A working day, noise upon it, now and then a burst; the same hour always the same."""
    drawn = random.Random(seed)
    base, day, noise = drawn.uniform(0, 60), drawn.uniform(0, 40), drawn.uniform(0, 8)
    bursts = {drawn.randrange(24 * 14): drawn.uniform(10, 80) for _ in range(10)}

    def value_at(hour: float) -> float:
        rough = random.Random(f"{seed} {hour}").gauss(0, noise)
        return base + day * max(0.0, sin(hour / 24 * tau)) + rough + bursts.get(int(hour), 0)

    return value_at


@pytest.mark.parametrize("seed", range(20))
def test_the_noisy_and_healthy_are_told_nothing(seed: int) -> None:
    every = steps(noisy(seed), 24 * 14)
    for hour in range(0, 24 * 14, 3):
        seen = [step for step in every if step.from_at <= BEGUN + hour * HOUR]
        assert growth_of(seen) is None, f"seed {seed}, hour {hour}"


@pytest.mark.parametrize("seed", range(5))
def test_a_leak_within_the_noise_is_told_once_it_is_above_it(seed: int) -> None:
    healthy = noisy(seed)
    told = first_told(lambda hour: healthy(hour) + leak(72, 4, 0)(hour), 24 * 7, 60)
    assert told is not None
    assert told <= 72 + 48


def test_a_burst_each_night_that_heals_is_no_growth() -> None:
    every = steps(lambda hour: 200 if hour % 24 < 1.5 else 2, 24 * 14)
    assert all(growth_of([step for step in every if step.from_at <= BEGUN + hour * HOUR]) is None
               for hour in range(24 * 14))  # fmt: skip


def test_a_day_old_history_is_not_enough_for_the_rise_of_a_morning() -> None:
    assert growth_of(steps(lambda hour: 10 + 5 * hour, 5)) is None


def test_two_points_are_no_trend() -> None:
    assert growth_of([]) is None
    assert growth_of(steps(leak(0, 5), 48)[:2]) is None
    assert growth_of([Step(BEGUN, BEGUN, 1), Step(BEGUN + 72 * HOUR, BEGUN + 72 * HOUR, 500)]) is None


@pytest.mark.parametrize("gap", [2, 12, 24 * 9])
def test_a_long_line_between_two_audits_is_no_trend(gap: int) -> None:
    """Nobody looked in between: it may have been a moment."""
    before = [Step(BEGUN, BEGUN, 10), Step(BEGUN + HOUR, BEGUN + 48 * HOUR, 11)]
    later = BEGUN + (48 + gap) * HOUR
    assert growth_of([*before, Step(later, later, 500)]) is None


def test_a_slow_leak_is_told_of_a_fleet_that_is_audited_twice_a_day() -> None:
    assert growth_of(steps(leak(48, 1), 24 * 10, every_min=720)) is not None


def test_what_was_restarted_and_grows_again_is_told_when_it_is_higher_than_before() -> None:
    sawtooth = steps(lambda hour: (hour % 24) * 4, 24 * 6 + 20)
    assert growth_of(sawtooth) is None


@given(st.lists(st.integers(0, 500), min_size=3, max_size=120), st.floats(0.1, 12))
def test_any_series_has_an_answer_and_growth_lies_above_zero(values: list[int], hours: float) -> None:
    told = [Step(BEGUN + number * hours * HOUR, BEGUN + number * hours * HOUR, value)
            for number, value in enumerate(values)]  # fmt: skip
    found = growth_of(told)
    assert found is None or 0 < found.least_per_hour <= found.per_hour <= found.most_per_hour
