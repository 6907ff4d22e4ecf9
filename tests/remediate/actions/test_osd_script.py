"""osd.sh beside a fake cluster, plainly named so: the real one is in the lab tests."""

import secrets
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.osd import (
    AWAIT_OSD,
    CHECK_OSD,
    CONTINUE_OSD,
    HOLD_OSD,
    RELEASE_OSD,
    RESTART_OSD,
    HoldArguments,
    OsdArguments,
)
from tests.remediate.actions.shells import RUN, SHELLS, fake, order, told

_ADDRESS = "weight 1 up_from {} up_thru 56 down_at 0 last_clean_interval [0,0) [v2:10.99.0.1:6800/956]"
_CLEAN = "33 pgs: 33 active+clean; 1.0 GiB data, 3.0 GiB used, 27 GiB / 30 GiB avail"


class FakeCluster:
    """Programs `ceph`, `systemd-run` and `systemctl` that keep their state in files; `log` is what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = f"{folder}/bin:/usr/bin:/bin"
        self.log = folder / "log"
        self.log.touch()
        self.osds({0: "up", 1: "up", 2: "up"})
        (folder / "pgs").write_text(f"{_CLEAN}\n")
        self._program(
            "ceph",
            """
            may_write() { [ ! -e readonly ] || { echo EACCES >&2; exit 13; }; }
            shift 2 # --connect-timeout 10
            case "$1 $2" in
            'osd dump') cat osds ;;
            'pg stat') cat pgs ;;
            'osd ok-to-stop') [ ! -e busy ] || { cat busy >&2; exit 16; } ;;
            'osd add-noout') may_write; sed -i "s/^\\($3 .*\\)exists,/\\1exists,noout,/" osds ;;
            'osd rm-noout') may_write; sed -i "s/^\\($3 .*\\)noout,/\\1/" osds ;;
            *) exit 22 ;;
            esac""",
        )
        self._program("systemd-run", "[ ! -e no-systemd ] || exit 1; touch armed")
        self._program(
            "systemctl",
            """
            case $1 in
            is-active) [ -e armed ] ;;
            stop) rm -f armed ;;
            esac""",
        )

    def _program(self, name: str, body: str) -> None:
        fake(self.folder / "bin", name, f'cd {self.folder} && echo "{name} $*" >>log\n{body}')

    def osds(self, states: dict[int, str], up_from: int = 5) -> None:
        """As `ceph osd dump` prints them."""
        address = _ADDRESS.format(up_from)
        rows = (f"osd.{osd} {state:4} in  {address} exists,{state} 307a3bf9-1f94\n" for osd, state in states.items())
        (self.folder / "osds").write_text(f"epoch 60\nflags sortbitwise,noout\n{''.join(rows)}")

    def noout(self, osd: int) -> bool:
        rows = (self.folder / "osds").read_text().splitlines()
        return any("noout" in row for row in rows if row.startswith(f"osd.{osd} "))

    @property
    def armed(self) -> bool:
        return (self.folder / "armed").exists()

    def asked(self, *words: str) -> list[str]:
        """What it was asked that begins like one of these, in order."""
        return [line for line in self.log.read_text().splitlines() if not words or line.startswith(words)]

    def told(self, action: Action, osd: int = 1, shell: list[str] | None = None, seconds: int = 10) -> ActionResult:
        """As one step of the rung that has the name of this cluster."""
        holds = action in (HOLD_OSD, RELEASE_OSD)
        arguments = HoldArguments(osd=osd, seconds=600) if holds else OsdArguments(osd=osd)
        step = order(action, arguments, f"{RUN}.{self.folder.name}.{secrets.token_hex(4)}", seconds)
        return told(shell or ["dash"], step, self.path)


@pytest.fixture
def cluster(tmp_path: Path) -> FakeCluster:
    return FakeCluster(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_that_may_be_stopped_may_be_stopped(cluster: FakeCluster, shell: list[str]) -> None:
    assert cluster.told(CHECK_OSD, shell=shell).outcome == "unchanged"
    cluster.osds({0: "up", 1: "down", 2: "up"})
    assert cluster.told(CHECK_OSD, shell=shell).outcome == "unchanged"
    assert all(line.split()[3:5] in (["osd", "dump"], ["osd", "ok-to-stop"]) for line in cluster.asked("ceph"))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_where_another_osd_is_down_nothing_more_is_stopped(cluster: FakeCluster, shell: list[str]) -> None:
    cluster.osds({0: "up", 1: "up", 2: "down", 11: "down"})
    result = cluster.told(CHECK_OSD, shell=shell)
    assert (result.outcome, result.detail.strip()) == ("refused", "other OSDs are down: 2 11")


def test_what_the_cluster_says_against_it_is_told(cluster: FakeCluster) -> None:
    (cluster.folder / "busy").write_text("Error EBUSY: unsafe to stop osd(s)\nat this time (7 PGs)\n")
    result = cluster.told(CHECK_OSD)
    assert result.outcome == "refused"
    assert "unsafe to stop osd(s) at this time (7 PGs)" in result.detail


def test_monitors_that_say_nothing_allow_nothing(cluster: FakeCluster) -> None:
    fake(cluster.folder / "bin", "ceph", "exit 1")
    for action in (CHECK_OSD, HOLD_OSD):
        result = cluster.told(action)
        assert (result.outcome, result.detail) == ("refused", "the monitors do not tell the map of the OSDs")
    assert not cluster.armed


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_way_back_is_armed_before_noout_is_set(cluster: FakeCluster, shell: list[str]) -> None:
    result = cluster.told(HOLD_OSD, shell=shell)
    assert (result.outcome, result.facts) == ("changed", {"armed": "600 s"})
    assert (cluster.noout(1), cluster.armed) == (True, True)
    timer, order_ = cluster.asked("systemd-run", "ceph --connect-timeout 10 osd add-noout")
    assert timer.startswith(
        "systemd-run --quiet --collect --on-active=600 --unit=nornir-hygiene-noout-1 --setenv=PATH="
    )
    again = "timeout -s KILL 15 ceph --connect-timeout 10 osd rm-noout osd.1 && break; sleep 30; done"
    assert timer.endswith(f" sh -c for i in 1 2 3 4 5 6 7 8 9 10; do {again}")
    assert order_.endswith("osd add-noout osd.1")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_was_set_is_taken_back_with_its_timer(cluster: FakeCluster, shell: list[str]) -> None:
    cluster.told(HOLD_OSD, shell=shell)
    assert cluster.told(RELEASE_OSD, shell=shell).outcome == "changed"
    assert (cluster.noout(1), cluster.armed) == (False, False)
    assert cluster.told(RELEASE_OSD, shell=shell).outcome == "unchanged"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_noout_of_somebody_else_stays_theirs(cluster: FakeCluster, shell: list[str]) -> None:
    text = (cluster.folder / "osds").read_text()
    (cluster.folder / "osds").write_text(text.replace("exists,up", "exists,noout,up"))
    result = cluster.told(HOLD_OSD, shell=shell)
    assert (result.outcome, "whoever set it takes it back" in result.detail) == ("unchanged", True)
    assert cluster.told(RELEASE_OSD, shell=shell).outcome == "unchanged"
    assert cluster.noout(1)
    assert cluster.asked("systemd-run", "ceph --connect-timeout 10 osd add", "ceph --connect-timeout 10 osd rm") == []


def test_without_a_timer_nothing_is_set(cluster: FakeCluster) -> None:
    (cluster.folder / "no-systemd").touch()
    assert cluster.told(HOLD_OSD).outcome == "refused"
    assert not cluster.noout(1)


def test_a_cluster_that_does_not_take_noout_leaves_no_timer_behind(cluster: FakeCluster) -> None:
    (cluster.folder / "readonly").touch()
    result = cluster.told(HOLD_OSD)
    assert (result.outcome, "EACCES" in result.detail) == ("failed", True)
    assert not cluster.armed


def test_a_noout_that_cannot_be_taken_back_is_left_to_the_timer(cluster: FakeCluster) -> None:
    cluster.told(HOLD_OSD)
    (cluster.folder / "readonly").touch()
    result = cluster.told(RELEASE_OSD)
    assert (result.outcome, "its timer will" in result.detail) == ("failed", True)
    assert cluster.armed


@pytest.mark.parametrize(
    ("pgs", "well"),
    [
        (_CLEAN, True),
        ("33 pgs: 32 active+clean, 1 active+clean+scrubbing+deep; 1.0 GiB data", True),
        ("33 pgs: 30 active+clean, 3 active+undersized+degraded; 1.0 GiB data", False),
        ("", False),
    ],
)
def test_it_waits_until_all_placement_groups_are_clean(cluster: FakeCluster, pgs: str, well: bool) -> None:
    (cluster.folder / "pgs").write_text(f"{pgs}\n")
    assert cluster.told(AWAIT_OSD, seconds=1).outcome == ("unchanged" if well else "failed")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_that_has_not_come_up_anew_is_not_back(cluster: FakeCluster, shell: list[str]) -> None:
    """Who was killed stays up in the map until it comes back."""
    assert cluster.told(CHECK_OSD, shell=shell).outcome == "unchanged"
    result = cluster.told(AWAIT_OSD, shell=shell, seconds=1)
    assert (result.outcome, "up from epoch 5, before 5" in result.detail) == ("failed", True)
    cluster.osds({0: "up", 1: "up", 2: "up"}, up_from=62)
    result = cluster.told(AWAIT_OSD, shell=shell, seconds=1)
    assert (result.outcome, result.facts) == ("unchanged", {"up_from": "5 to 62"})


def test_one_that_is_down_is_not_back(cluster: FakeCluster) -> None:
    cluster.osds({0: "up", 1: "down", 11: "up"})
    assert cluster.told(AWAIT_OSD, seconds=1).outcome == "failed"


def test_an_osd_that_has_no_process_here_is_nothing_to_act_on(cluster: FakeCluster) -> None:
    for action in (CONTINUE_OSD, RESTART_OSD):
        result = cluster.told(action, osd=2**31 - 1)
        assert (result.outcome, "no process" in result.detail) == ("refused", True)
    assert cluster.asked("systemctl") == []
