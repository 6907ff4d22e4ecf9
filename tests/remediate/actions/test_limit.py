"""The limit of process ids, raised in real cgroups of this machine; the lab test has a real systemd beside them."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_hygiene.lab.cgroups import tree_of
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.limit import RAISE_PIDS_LIMIT, LimitArguments
from tests.remediate.actions.shells import SHELLS, fake, order, told

SYSTEM = "/usr/bin:/bin"


@pytest.fixture
def full() -> Iterator[Path]:
    """A cgroup of its own that is called like a unit, with a limit of 20."""
    folder = tree_of("pids").mount / f"nr-test-{secrets.token_hex(4)}.service"
    folder.mkdir()
    (folder / "pids.max").write_text("20")
    yield folder
    for inner in folder.iterdir():
        if inner.is_dir():
            inner.rmdir()
    folder.rmdir()


def raised(path: str, bin_: Path, shell: list[str]) -> ActionResult:
    return told(shell, order(RAISE_PIDS_LIMIT, LimitArguments(path=path, limit=20)), f"{bin_}:{SYSTEM}")


def systemd(bin_: Path, full: Path, control_group: str) -> None:
    """Owns the cgroup it names, and sets what it is told there."""
    sets = f'echo "${{4#TasksMax=}}" >{full}/pids.max'
    fake(bin_, "systemctl", f'case $1 in show) echo "ControlGroup={control_group}" ;; set-property) {sets} ;; esac')


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_where_systemd_owns_it_systemd_is_told(shell: list[str], full: Path, tmp_path: Path) -> None:
    systemd(tmp_path / "bin", full, f"/{full.name}")
    result = raised(f"/{full.name}", tmp_path / "bin", shell)
    assert (result.outcome, result.facts) == ("changed", {"through": "systemd, until the next boot"})
    assert (full / "pids.max").read_text() == "40\n"
    assert raised(f"/{full.name}", tmp_path / "bin", shell).outcome == "unchanged"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("owned", ["", "/system.slice/another.service"])
def test_a_unit_of_another_systemd_is_not_confused_with_ours(
    shell: list[str], owned: str, full: Path, tmp_path: Path
) -> None:
    """Of a user's own systemd, or of one in a container: a unit of the same name may be somebody else's here."""
    systemd(tmp_path / "bin", full, owned)
    result = raised(f"/{full.name}", tmp_path / "bin", shell)
    assert (result.outcome, f"is not the cgroup of {full.name}" in result.detail) == ("refused", True)
    assert (full / "pids.max").read_text() == "20\n"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_is_no_unit_is_raised_by_itself(shell: list[str], full: Path, tmp_path: Path) -> None:
    inner = full / "workers"
    inner.mkdir()
    (inner / "pids.max").write_text("20")
    fake(tmp_path / "bin", "systemctl", "exit 1")
    result = raised(f"/{full.name}/workers", tmp_path / "bin", shell)
    assert (result.outcome, result.facts) == ("changed", {"through": "the cgroup itself"})
    assert ((inner / "pids.max").read_text(), (full / "pids.max").read_text()) == ("40\n", "20\n")


def test_only_the_limit_that_was_seen_is_raised(full: Path, tmp_path: Path) -> None:
    (full / "pids.max").write_text("30")
    systemd(tmp_path / "bin", full, f"/{full.name}")
    result = raised(f"/{full.name}", tmp_path / "bin", SHELLS[0])
    assert (result.outcome, result.detail) == ("refused", f"the limit of /{full.name} is 30, not 20 as it was seen")
