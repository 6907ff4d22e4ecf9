"""A running lab for every test that asks for one; where none can be, the tests say why they were skipped."""

import os
from collections.abc import Iterator

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


class Ours:
    """The lab of this test session. One that somebody else started is neither used nor ended."""

    def __init__(self) -> None:
        self.started = False

    def up(self) -> Lab:
        """The running lab, started now unless it was before."""
        if self.started and Lab.is_up():
            return Lab()
        self._refuse_a_foreign_one()
        self.started = True
        return Lab.up(SEED)

    def down(self) -> None:
        """End it, if it is ours."""
        self._refuse_a_foreign_one()
        take_down()
        self.started = True  # what comes up from here on is ours

    def _refuse_a_foreign_one(self) -> None:
        if not self.started and Lab.is_up():
            pytest.fail("a lab is up that these tests did not start: `nr lab down` first", pytrace=False)


@pytest.fixture(scope="session")
def ours() -> Iterator[Ours]:
    """The lab of this session; taken down after the last test."""
    require_a_lab_machine()
    lab = Ours()
    try:
        yield lab
    finally:
        if lab.started:
            take_down()


@pytest.fixture
def lab(ours: Ours) -> Iterator[Lab]:
    """A running lab; what a test has planted and not healed is healed behind it."""
    running = ours.up()
    try:
        yield running
    finally:
        if Lab.is_up():
            running.heal_all()


@pytest.fixture
def no_lab(ours: Ours) -> Iterator[None]:
    """A machine without a lab, before and after."""
    ours.down()
    try:
        yield
    finally:
        take_down()
