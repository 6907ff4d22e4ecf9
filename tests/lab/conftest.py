"""A running lab for every test that asks for one; where none can be, the tests say why they were skipped."""

import os
from collections.abc import Callable, Iterator

import pytest

from nornir_hygiene.lab import Lab, needs
from nornir_hygiene.lab.lab import take_down

SEED = int(os.environ.get("NR_LAB_SEED", "4242"))


def require_a_lab_machine() -> None:
    """Skip where no lab can run; with CI=true that is a failure, lest the tests vanish unseen."""
    lacks = needs.missing()
    if lacks and os.environ.get("CI") == "true":
        pytest.fail("the lab cannot run here: it needs " + ", ".join(lacks))
    if lacks:
        pytest.skip("the lab needs " + ", ".join(lacks))


@pytest.fixture(scope="session")
def lab_up() -> Iterator[Callable[[], Lab]]:
    """A call that starts the lab unless it runs; taken down after the last test."""
    require_a_lab_machine()
    try:
        yield lambda: Lab() if Lab.is_up() else Lab.up(SEED)
    finally:
        take_down()


@pytest.fixture
def lab(lab_up: Callable[[], Lab]) -> Iterator[Lab]:
    """A running lab; what a test has planted and not healed is healed behind it."""
    running = lab_up()
    try:
        yield running
    finally:
        if Lab.is_up():
            running.heal_all()


@pytest.fixture
def no_lab(lab_up: Callable[[], Lab]) -> Iterator[None]:
    """A machine without a lab, before and after."""
    take_down()
    try:
        yield
    finally:
        take_down()
