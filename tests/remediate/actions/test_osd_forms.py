"""An OSD of cephadm's or of Rook's on its own host: a played /proc, and a fake systemctl, plainly named so.

No cephadm and no Rook can run here: what they look like is recorded, and the exact calls are compared.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.osd import CHECK_OSD_DAEMON, CONTINUE_OSD, RESTART_OSD, OsdArguments
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.shells import SHELLS, fake, order, said, script, told, until

_FSID = "3f1c8a52-9d1e-11ee-a506-0242ac120002"
UNIT = f"ceph-{_FSID}@osd.7.service"
# podman with split cgroups; docker; a pod of Rook's.
PODMAN = f"0::/system.slice/system-ceph\\x2d3f1c8a52.slice/{UNIT}/libpod-payload-{'a' * 64}\n"
DOCKER = f"0::/system.slice/docker-{'b' * 64}.scope\n"
IN_A_POD = (
    f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podx.slice/cri-containerd-{'c' * 64}.scope\n"
)
CEPHADM = "/usr/bin/ceph-osd -n osd.7 -f --setuser ceph --setgroup ceph --default-log-to-file=false"
ROOK = f"ceph-osd --foreground --id 7 --fsid {_FSID} --setuser ceph --setgroup ceph"
# No process of this machine has such a pid: nobody is hit.
PID = 9_999_990


class FakeHost:
    """A /proc with OSDs, and a `systemctl` that keeps its state in files; `log` is what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proc = folder / "proc"
        self.proc.mkdir()
        (self.proc / "uptime").write_text("1000.00 1.00\n")
        self.log = folder / "log"
        self.log.touch()
        self.units(UNIT)
        fake(
            folder / "bin",
            "systemctl",
            f"""cd {folder} && echo "$*" >>log
            case $1 in
            list-units) cat units ;;
            show) cat starts 2>/dev/null | wc -l ;;
            restart) echo >>starts ;;
            is-active) [ ! -e broken ] || {{ [ "$2" = --quiet ] || echo failed; exit 3; }} ;;
            esac""",
        )

    def units(self, *names: str) -> None:
        rows = (f"{name} loaded active running Ceph osd.7 for {_FSID}\n" for name in names)
        (self.folder / "units").write_text("".join(rows))

    def osd(self, cmdline: str, cgroup: str, state: str = "S", pid: int = PID) -> None:
        place = self.proc / str(pid)
        place.mkdir()
        (place / "comm").write_text("ceph-osd\n")
        (place / "cmdline").write_bytes(cmdline.replace(" ", "\0").encode() + b"\0")
        (place / "cgroup").write_text(cgroup)
        (place / "stat").write_text(f"{pid} (ceph-osd) {state} {' '.join(str(number) for number in range(4, 53))}\n")

    def told(self, action: Action, shell: list[str], osd: int = 7) -> ActionResult:
        text = script(order(action, OsdArguments(osd=osd)))
        seen = f"mount --bind {self.proc} /proc && exec {' '.join(shell)} -s"
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", seen],
            input=text, capture_output=True, timeout=60, check=False,
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
        )  # fmt: skip
        return said(done.stdout)

    def asked(self) -> list[str]:
        """Without what only looks."""
        looks = ("show", "is-active", "list-units")
        return [line for line in self.log.read_text().splitlines() if not line.startswith(looks)]


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("cgroup", [PODMAN, DOCKER], ids=["podman", "docker"])
def test_the_service_of_cephadm_is_restarted_once(host: FakeHost, shell: list[str], cgroup: str) -> None:
    host.osd(CEPHADM, cgroup)
    result = host.told(RESTART_OSD, shell)
    assert (result.outcome, result.detail) == ("changed", f"{UNIT} was restarted")
    assert (result.facts["unit"], result.facts["tries"]) == (UNIT, "1")
    assert host.asked() == [f"stop {UNIT}", f"reset-failed {UNIT}", f"restart {UNIT}"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_start_that_fails_is_tried_three_times_and_no_more(host: FakeHost, shell: list[str]) -> None:
    host.osd(CEPHADM, PODMAN)
    (host.folder / "broken").touch()
    result = host.told(RESTART_OSD, shell)
    assert (result.outcome, result.detail) == ("failed", f"{UNIT} did not come back after 3 starts: it is failed")
    assert host.asked() == [f"stop {UNIT}", *[f"reset-failed {UNIT}", f"restart {UNIT}"] * 3]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_of_two_clusters_nobody_knows_which_is_meant(host: FakeHost, shell: list[str]) -> None:
    other = UNIT.replace("3f1c", "4a2d")
    host.osd(CEPHADM, DOCKER)
    host.units(UNIT, other)
    result = host.told(RESTART_OSD, shell)
    assert (result.outcome, "no service that could be found" in result.detail) == ("refused", True)
    host.osd(CEPHADM, PODMAN.replace(UNIT, other), pid=PID + 1)
    for action in (RESTART_OSD, CONTINUE_OSD, CHECK_OSD_DAEMON):
        result = host.told(action, shell)
        assert (result.outcome, "several processes here" in result.detail) == ("refused", True)
    assert host.asked() == []


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_in_a_pod_is_left_to_its_own_runbook(host: FakeHost, shell: list[str]) -> None:
    host.osd(ROOK, IN_A_POD)
    result = host.told(RESTART_OSD, shell)
    assert (result.outcome, "the runbook restart-rook-osd is for that" in result.detail) == ("refused", True)
    assert host.told(CHECK_OSD_DAEMON, shell).outcome == "unchanged"
    assert host.asked() == []


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(("cmdline", "cgroup"), [(CEPHADM, PODMAN), (ROOK, IN_A_POD)], ids=["cephadm", "Rook"])
def test_one_in_d_is_not_told_to_end(host: FakeHost, shell: list[str], cmdline: str, cgroup: str) -> None:
    host.osd(cmdline, cgroup, "D")
    for action in (RESTART_OSD, CHECK_OSD_DAEMON):
        result = host.told(action, shell)
        assert (result.outcome, "is in D: it would not end" in result.detail) == ("refused", True)
    assert host.asked() == []


@pytest.mark.parametrize("osd", [0, 70, 77])
def test_another_number_is_another_osd(host: FakeHost, osd: int) -> None:
    host.osd(CEPHADM, PODMAN)
    host.osd(ROOK.replace("--id 7", "--id=17"), IN_A_POD, pid=PID + 1)
    result = host.told(CONTINUE_OSD, ["dash"], osd)
    assert (result.outcome, result.detail) == ("refused", f"osd.{osd} has no process here")


# It has the name and the words of an OSD, and does not end when it is asked to.
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("/proc/self/comm", "w").write("ceph-osd")
time.sleep(600)
"""


def test_a_container_outside_of_its_services_cgroup_is_killed_before_the_next_one_starts(
    host: FakeHost, start: Start
) -> None:
    daemon = start(sys.executable, "-c", DEAF, "-n", "osd.2147483646")
    until(lambda: Path(f"/proc/{daemon.pid}/comm").read_text() == "ceph-osd\n")
    unit = UNIT.replace("osd.7", "osd.2147483646")
    host.units(unit)
    order_ = order(RESTART_OSD, OsdArguments(osd=2147483646))
    result = told(["dash"], order_, f"{host.folder}/bin:/usr/bin:/bin")
    assert (result.outcome, result.facts["pid"]) == ("changed", str(daemon.pid)), result.detail
    assert daemon.wait(5) == -9
    assert host.asked() == [f"stop {unit}", f"reset-failed {unit}", f"restart {unit}"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_stopped_one_in_a_container_is_continued(shell: list[str], start: Start) -> None:
    daemon = start(sys.executable, "-c", DEAF, "-n", "osd.2147483645")
    until(lambda: Path(f"/proc/{daemon.pid}/comm").read_text() == "ceph-osd\n")
    daemon.send_signal(19)
    stat = Path(f"/proc/{daemon.pid}/stat")
    until(lambda: " T " in stat.read_text())
    assert told(shell, order(CONTINUE_OSD, OsdArguments(osd=2147483645))).outcome == "changed"
    until(lambda: " S " in stat.read_text())
