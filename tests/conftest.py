"""Tests marked `lab` need root on Debian: elsewhere they skip and say why; with CI=true that is a failure."""

import os
from pathlib import Path

import pytest


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
