"""A running lab for every test that asks for one; where none can be, the tests say why they were skipped."""

import os
from collections.abc import Iterator

import pytest

from nornir_hygiene.lab import Lab, needs
from nornir_hygiene.lab.lab import take_down
from tests.lab.here import GROUPS, Ground, Group, Here, Together, group_of, group_with
from tests.lab.tools import Tools, every_tools, install

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
    running.heal_all()  # of a fault that was planted for several tests and of which not all were selected
    try:
        yield running
    finally:
        if Lab.is_up():
            running.heal_all()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> list[Tools]:
    """Real ps, awk and shells of other systems."""
    require_a_lab_machine()
    return every_tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Where the faults of `here` are planted; the last of them are healed behind the last test."""
    made = Ground()
    try:
        yield made
    finally:
        made.clear()


@pytest.fixture
def together(ours: Ours, tools: list[Tools], ground: Ground, request: pytest.FixtureRequest) -> Together:
    """A group of faults and their twins, planted for all tests about them, which stand together (see below)."""
    return _planted(ours, tools, ground, request.param)


@pytest.fixture
def here(ours: Ours, tools: list[Tools], ground: Ground, request: pytest.FixtureRequest) -> Here:
    """One fault and its twin, planted with its group."""
    return _planted(ours, tools, ground, group_with(request.param)).of(request.param)


def _planted(ours: Ours, tools: list[Tools], ground: Ground, group: Group) -> Together:
    lab = ours.up()
    install(lab, tools)  # before: some faults undo themselves after seconds
    return ground.plant(lab, group)


# What only looks comes before what changes a fault for good; a fault older than the thresholds is audited.
ORDER = (
    "test_lab_faults",
    "test_lab_containers",
    "test_lab_halted",
    "test_audit_finds_faults",
    "test_each_procps",
    "test_what_ends_a_fault",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests about one group of faults follow each other, so that it is planted once."""
    places = {
        id(item): (GROUPS.index(group), ORDER.index(item.path.stem)) for item in items if (group := group_of(item))
    }
    about = sorted((item for item in items if id(item) in places), key=lambda item: places[id(item)])
    first = next((place for place, item in enumerate(items) if id(item) in places), 0)
    rest = [item for item in items if id(item) not in places]
    items[:] = [*rest[:first], *about, *rest[first:]]


@pytest.fixture
def no_lab(ours: Ours) -> Iterator[None]:
    """A machine without a lab, before and after."""
    ours.down()
    try:
        yield
    finally:
        take_down()
