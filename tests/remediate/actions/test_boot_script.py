"""boot.sh in a pid namespace of its own: there reboot(2) is real, and ends the namespace instead of the machine."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.reboot import (
    AWAIT_BOOT,
    CHECK_REBOOT,
    REBOOT_HOST,
    OfBoot,
    OfBootAndClients,
    together,
)
from nornir_hygiene.remediate.perform import Order
from tests.remediate.actions.shells import SHELLS, boot_id, fake, found, order, said, script

SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
OTHER_BOOT = "3f2b8c1a-9d4e-4b7a-8c6d-1e2f3a4b5c6d"
FSID, ADDRESS = "0c3f9a58-6f1e-4c0e-9d5c-3a1b2c4d5e6f", "10.0.0.7:0/3710147553"
BOOTED = -signal.SIGHUP  # what reboot(2) sends to the first process of a pid namespace


class Namespace:
    """A small host: its own processes, and whatever was prepared in `before`; lives for `stays_s` after the script."""

    def __init__(self, shell: list[str], path: str = SYSTEM) -> None:
        self.shell = [found(shell[0]), *shell[1:]]
        self.path = path

    def told(self, what: Order, before: str = ":", stays_s: float = 0) -> tuple[ActionResult, int]:
        """What it said, and how the namespace ended."""
        first = f'{before}; "$@" -s; sleep {stays_s}'
        words = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"]
        done = subprocess.run(
            [*words, "sh", "-c", first, "sh", *self.shell],
            input=script(what),
            capture_output=True,
            timeout=60,
            check=False,
            env={"PATH": self.path},
        )
        return said(done.stdout), done.returncode


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_host_is_booted_after_the_answer_has_gone(shell: list[str], tmp_path: Path) -> None:
    begun = time.monotonic()
    if shell[0] == "busybox":
        (tmp_path / "reboot").symlink_to(found("busybox"))
    host = Namespace(shell, f"{tmp_path}:{SYSTEM}")
    result, ended = host.told(order(REBOOT_HOST, OfBoot(boot=boot_id()), seconds=30), stays_s=20)
    assert (result.outcome, "it boots in 3 s" in result.detail) == ("unknown", True)
    assert "failed-before" in result.facts
    assert ended == BOOTED
    assert 3 <= time.monotonic() - begun < 20


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_an_order_for_another_boot_does_nothing(shell: list[str]) -> None:
    result, ended = Namespace(shell).told(order(REBOOT_HOST, OfBoot(boot=OTHER_BOOT)), stays_s=4)
    assert (result.outcome, "has ended" in result.detail, ended) == ("unknown", True, 0)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("name", ["ceph-mon", "etcd", "kube-controller-manager"])
def test_where_a_cluster_lives_the_host_is_not_booted(shell: list[str], name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(found("sleep"))
    before = f"{tmp_path / name} 30 >/dev/null 2>&1 & sleep 0.3"
    what = order(CHECK_REBOOT, OfBootAndClients(boot=boot_id(), clients="none"))
    result, _ = Namespace(shell).told(what, before)
    assert (result.outcome, f"{name[:15]} (pid " in result.detail) == ("refused", True)


def test_a_cluster_that_came_to_live_there_after_the_check_keeps_the_host_up(tmp_path: Path) -> None:
    (tmp_path / "etcd").symlink_to(found("sleep"))
    before = f"{tmp_path / 'etcd'} 30 >/dev/null 2>&1 & sleep 0.3"
    result, ended = Namespace(["dash"]).told(order(REBOOT_HOST, OfBoot(boot=boot_id())), before, stays_s=4)
    assert (result.outcome, "etcd (pid " in result.detail, ended) == ("refused", True, 0)


@pytest.mark.parametrize("name", ["ceph-monitoring", "etcdctl", "kubelet"])
def test_who_is_only_called_alike_keeps_no_host_up(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(found("sleep"))
    what = order(CHECK_REBOOT, OfBootAndClients(boot=boot_id(), clients="none"))
    assert Namespace(["dash"]).told(what, f"{tmp_path / name} 30 >/dev/null 2>&1 & sleep 0.3")[0].outcome == "unchanged"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_an_rbd_client_that_would_not_be_fenced_keeps_the_host_up(shell: list[str]) -> None:
    device = "/sys/bus/rbd/devices/0"
    before = f"mount -t tmpfs none /sys && mkdir -p {device} && "
    before += f"echo {FSID} >{device}/cluster_fsid && echo {ADDRESS} >{device}/client_addr"
    for clients, outcome in (
        ("none", "refused"),
        (f"{FSID}/{ADDRESS}9", "refused"),
        (f"image:a/b,{FSID}/{ADDRESS}", "unchanged"),
    ):
        what = order(CHECK_REBOOT, OfBootAndClients(boot=boot_id(), clients=clients))
        result, _ = Namespace(shell).told(what, before)
        assert (result.outcome, f"{FSID}/{ADDRESS}" in result.detail) == (outcome, outcome == "refused")


def test_another_boot_than_the_one_that_was_seen_is_told() -> None:
    what = order(CHECK_REBOOT, OfBootAndClients(boot=OTHER_BOOT, clients="none"))
    result, _ = Namespace(["dash"]).told(what)
    assert (result.outcome, "the one that was seen" in result.detail) == ("refused", True)


def test_a_file_system_that_hangs_costs_ten_seconds_and_no_more(tmp_path: Path) -> None:
    fake(tmp_path, "sync", '[ "$2" = / ] || exec sleep 600')
    begun = time.monotonic()
    (tmp_path / "hangs").mkdir()
    before = f"mount -t tmpfs /dev/hangs {tmp_path}/hangs"
    result, ended = Namespace(["dash"], f"{tmp_path}:{SYSTEM}").told(
        order(REBOOT_HOST, OfBoot(boot=boot_id()), seconds=30), before, stays_s=30
    )
    assert ended == BOOTED
    written, of, count = result.detail.split("; ")[1].split()[:3]
    assert (of, int(written) < int(count)) == ("of", True), result.detail
    assert 13 <= time.monotonic() - begun < 25


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_host_is_back_when_it_is_in_another_boot_and_has_started_all(shell: list[str], tmp_path: Path) -> None:
    fake(
        tmp_path, "systemctl", f'[ "$1" = is-system-running ] && cat {tmp_path}/state || echo "a.service loaded failed"'
    )
    for boot, state, outcome in (
        (boot_id(), "running", "unknown"),
        (OTHER_BOOT, "starting", "unknown"),
        (OTHER_BOOT, "degraded", "changed"),
    ):
        (tmp_path / "state").write_text(f"{state}\n")
        result, _ = Namespace(shell, f"{tmp_path}:{SYSTEM}").told(order(AWAIT_BOOT, OfBoot(boot=boot)))
        assert result.outcome == outcome, result
    assert result.facts == {"boot": f"{OTHER_BOOT} to {boot_id()}", "failed-after": "a.service"}


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ("none", "none", "changed"),
        ("a.service", "a.service", "changed"),
        ("a.service b.service", "none", "changed"),
        ("none", "a.service", "failed"),
        ("a.service", "a.service b.service", "failed"),
        (None, "a.service", "changed"),
    ],
)
def test_a_unit_that_does_not_come_back_with_its_host_is_told(before: str | None, after: str, outcome: str) -> None:
    first = ActionResult(outcome="unknown", detail="", facts={"failed-before": before} if before else {})
    last = ActionResult(outcome="changed", detail="it is back", facts={"failed-after": after})
    result = together(first, last)
    assert result.outcome == outcome
    assert ("failed now, and not before" in result.detail) is (outcome == "failed")
    gone = ActionResult(outcome="unknown", detail="not reached")
    assert together(first, gone).outcome == "unknown"
