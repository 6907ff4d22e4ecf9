"""Waiting for one thing, really run in each shell: it holds, it comes to hold, it does not within the time."""

import socket
import subprocess
import time
from pathlib import Path
from threading import Timer

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.actions.wait import WAIT_UNTIL, WaitArguments
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.shells import SHELLS, fake, identity, order, stat, told, until

EACH_SHELL = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def waited(shell: list[str], seconds: int, path: str = "", **condition: ProcessIdentity | str | int) -> ActionResult:
    return told(shell, order(WAIT_UNTIL, WaitArguments.model_validate(condition), seconds=seconds), path)


@EACH_SHELL
def test_a_process_has_ended_when_it_is_gone_dead_or_another_one(shell: list[str], start: Start) -> None:
    sleeper = start("sleep", "600")
    seen = identity(sleeper.pid)
    still = waited(shell, 1, ended=seen)
    assert (still.outcome, still.detail) == ("failed", f"after 1 s still: process {sleeper.pid} is there, in state S")
    for other in ({"start_ticks": seen.start_ticks - 1}, {"boot_id": "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11"}):
        assert waited(shell, 1, ended=seen.model_copy(update=other)).outcome == "unchanged"
    Timer(0.5, sleeper.kill).start()
    assert waited(shell, 10, ended=seen).detail == f"process {sleeper.pid} has ended"
    until(lambda: stat(sleeper.pid)[0] == "Z")  # nobody has waited for it yet
    sleeper.wait(5)
    assert waited(shell, 1, ended=seen).outcome == "unchanged"


@EACH_SHELL
def test_a_port_somebody_listens_on(shell: list[str]) -> None:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as server:
            server.bind((address, 0))
            port = server.getsockname()[1]
            assert waited(shell, 0, closed=port).outcome == "unchanged"  # bound, and nobody listens
            server.listen()
            assert waited(shell, 0, listening=port).detail == f"somebody listens on TCP port {port}"
            assert waited(shell, 0, closed=port).detail == f"after 0 s still: somebody listens on TCP port {port}"
        assert waited(shell, 0, listening=port).outcome == "failed"


@EACH_SHELL
def test_a_port_only_used_as_somebodys_own_end_is_not_listened_on(shell: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert waited(shell, 0, listening=client.getsockname()[1]).outcome == "failed"


@EACH_SHELL
def test_a_mount(shell: list[str], tmp_path: Path) -> None:
    place = tmp_path / "a b$(touch canary)"
    place.mkdir()
    assert waited(shell, 0, unmounted=str(place)).outcome == "unchanged"
    assert waited(shell, 0, mounted=str(place)).detail.startswith("after 0 s still: nothing is mounted on ")
    subprocess.run(["mount", "-t", "tmpfs", "none", str(place)], check=True)
    try:
        assert waited(shell, 0, mounted=str(place)).outcome == "unchanged"
        assert waited(shell, 0, unmounted=str(place)).outcome == "failed"
    finally:
        subprocess.run(["umount", str(place)], check=True)


@EACH_SHELL
def test_a_unit_in_the_state_systemd_tells(shell: list[str], tmp_path: Path) -> None:
    state = tmp_path / "state"
    fake(tmp_path / "bin", "systemctl", f'echo "$@" >>{tmp_path}/asked; cat {state}')
    path = f"{tmp_path}/bin:/usr/bin:/bin"
    for told_, active, inactive in (("active", True, False), ("inactive", False, True), ("failed", False, True),
                                    ("activating", False, False)):  # fmt: skip
        state.write_text(f"{told_}\n")
        assert (waited(shell, 0, path, active="a.service").outcome == "unchanged") is active
        assert (waited(shell, 0, path, inactive="a.service").outcome == "unchanged") is inactive
    assert waited(shell, 0, path, active="a.service").detail == "after 0 s still: the unit a.service is activating"
    assert set((tmp_path / "asked").read_text().splitlines()) == {"show --property=ActiveState --value -- a.service"}


@EACH_SHELL
def test_a_systemd_that_does_not_answer_is_neither_active_nor_inactive(shell: list[str], tmp_path: Path) -> None:
    fake(tmp_path / "bin", "systemctl", 'echo "Failed to connect to bus" >&2; exit 1')
    path = f"{tmp_path}/bin:/usr/bin:/bin"
    for name in ("active", "inactive"):
        result = waited(shell, 0, path, **{name: "a.service"})
        assert (result.outcome, "Failed to connect to bus" in result.detail) == ("failed", True)


def test_it_looks_again_until_the_time_is_up() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        Timer(1.2, server.listen).start()
        begun = time.monotonic()
        assert waited(["dash"], 20, listening=server.getsockname()[1]).outcome == "unchanged"
        assert 1 < time.monotonic() - begun < 8


@pytest.mark.parametrize(
    "wrong",
    [{"active": "-H.service"}, {"active": "a b"}, {"active": ""}, {"mounted": "relative"}, {"mounted": "/a\x00"},
     {"listening": 0}, {"listening": 65536}],
)  # fmt: skip
def test_what_is_no_unit_path_or_port_is_refused_before_any_host_is_asked(wrong: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        WaitArguments.model_validate(wrong)
