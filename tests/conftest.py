"""Tests marked `lab` need root on Debian: elsewhere they skip and say why; with CI=true that is a failure."""

import os
from pathlib import Path

import pytest

from tests.kinds_table import summarize


def _missing() -> str:
    if os.geteuid() != 0:
        return "needs root"
    return "" if Path("/etc/debian_version").exists() else "needs Debian"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("lab") is None or not (why := _missing()):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI has to have it", pytrace=False)
    pytest.skip(why)


_LEFT_OUT = pytest.StashKey[int]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run only where they are asked for."""
    long = [] if "long" in config.option.markexpr else [item for item in items if item.get_closest_marker("long")]
    config.stash[_LEFT_OUT] = len(long)
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


_CAN_PROVE = pytest.StashKey[bool]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember whether a test that can prove something of a kind was chosen."""
    session.config.stash[_CAN_PROVE] = any(
        "record_property" in getattr(item, "fixturenames", ()) for item in session.items
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The run ends with what it left out and what it proved of each kind, also if it failed or was cut short."""
    if left_out := terminalreporter.config.stash.get(_LEFT_OUT, 0):
        terminalreporter.line(f"{left_out} long tests were left out: `make long` runs them.")
    if terminalreporter.config.stash.get(_CAN_PROVE, False):
        summarize(terminalreporter)
    else:
        terminalreporter.line("No lab test was chosen: nothing was proved of any kind.")
