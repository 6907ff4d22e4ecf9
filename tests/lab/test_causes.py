"""One sick OSD behind three hung workers, for real: named with its host and how it is sick, or not at all."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from nornir_hygiene.lab import Lab, ceph, rbd
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults import rbd as fault
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.loops import release
from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.run import AuditReport
from tests.lab.audits import RIPE_S, audit
from tests.lab.conftest import Ours

pytestmark = pytest.mark.lab

WORKERS = ("worker-1", "worker-2", "worker-3")
ADMIN = "ceph-1"
OSD = 1


class Hung:
    """Workers with a check of their volume; the first two of the same image."""

    def __init__(self, lab: Lab, names: tuple[str, ...] = WORKERS) -> None:
        self.admin = lab.host(ADMIN)
        self.workers = {name: lab.host(name) for name in names}
        self.volume = ceph.drawn_volume(lab.state.seed, "causes")
        self.images = (self.volume.image, f"{self.volume.image}-b")
        self.devices: dict[str, rbd.Device] = {}
        self.rng = random.Random(f"{lab.state.seed}:causes")

    @property
    def finding_subjects(self) -> set[tuple[str, str]]:
        return {(host, f"device {device.node.removeprefix('/dev/')}") for host, device in self.devices.items()}

    def attach(self) -> None:
        ceph.create_volume(self.admin, self.volume)
        second = self.volume.model_copy(update={"image": self.images[1]})
        self.admin.run(["rbd", "create", "--size", "256M", f"{second.pool}/{second.image}"], timeout_s=30)
        ceph.serve_from(self.admin, OSD, self.volume.pool)
        for name, volume in zip(self.workers, (self.volume, self.volume, second), strict=False):
            self.devices[name] = rbd.draw(self.rng, volume)
            rbd.attach(self.workers[name], self.devices[name])

    def check(self) -> None:
        with ThreadPoolExecutor() as pool:
            tasks = [
                pool.submit(fault._start_check, self.workers[name], device, self.unit(name))
                for name, device in self.devices.items()
            ]
        for task in tasks:
            task.result()
        time.sleep(RIPE_S)

    @staticmethod
    def unit(name: str) -> str:
        return f"volume-check-{name}.service"

    def end(self) -> None:
        """The checks end by themselves once the OSDs serve again; then everything made here is taken away."""
        for name, host in self.workers.items():
            wait_for("the check to end", lambda h=host, n=name: not fault._hung_check(h, self.unit(n)), timeout_s=60)  # type: ignore[misc]
            host.write("/etc/fstab", "")
            self._take_away(name, host)
        ceph.serve_from_all(self.admin)
        ceph.delete_pool(self.admin, self.volume.pool)

    def _take_away(self, name: str, host: LabHost) -> None:
        host.stop_unit(self.unit(name))
        device = self.devices.get(name)
        if device is None:
            return
        host.stop_unit(device.unit)
        host.run(["umount", "--lazy", device.folder], check=False)
        release((device.loop,))
        for path in device.undo().paths:
            host.run(["rm", "-rf", "--one-file-system", path])


def mon(lab: Lab, signal: str) -> None:
    lab.host(ADMIN).run(["systemctl", "kill", f"--signal={signal}", "ceph-mon@a"])


def heal(lab: Lab, how: str) -> None:
    if how == "stopped":
        fault._continue_osd(lab.host(ceph.OSD_HOSTS[OSD]), OSD)
    else:
        fault._restart_osd(lab.host(ceph.OSD_HOSTS[OSD]), OSD)


@contextmanager
def three_hung_workers(lab: Lab, how: str) -> Iterator[Hung]:
    """`how`: stopped or stuck."""
    hung = Hung(lab)
    try:
        hung.attach()
        sick = lab.host(ceph.OSD_HOSTS[OSD])
        if how == "stuck":
            fault._delay_osd(sick, OSD)
        else:
            fault._stop_osd(sick, OSD)
        hung.check()
        yield hung
    finally:
        heal(lab, how)
        hung.end()


def the_cause(report: AuditReport) -> FleetCause:
    (cause,) = report.causes
    return cause


@pytest.fixture(scope="module")
def hung(ours: Ours, request: pytest.FixtureRequest) -> Iterator[Hung]:
    """They hang for all tests that only ask, or undo what they add."""
    lab = ours.up()
    lab.heal_all()
    with three_hung_workers(lab, request.param) as made:
        yield made


def behind(*how: str) -> pytest.MarkDecorator:
    """The test gets them behind an OSD that is sick in this way, in each of these ways."""
    return pytest.mark.parametrize("hung", how, indirect=True)


@behind("stopped", "stuck")
def test_three_workers_on_two_images_behind_one_osd_are_one_cause(hung: Hung, request: pytest.FixtureRequest) -> None:
    report = audit("--group", "k8s-workers", "--timeout", "25")
    cause = the_cause(report)
    how = request.node.callspec.params["hung"]
    assert cause.established, cause.why_not
    assert (cause.name, cause.sick, cause.host) == ("ceph-osd osd.1 on ceph-2", how, "ceph-2")
    assert cause.hosts == WORKERS
    findings = [finding for host in report.hosts for finding in host.findings]
    assert {(f.host, str(f.subject)) for f in findings} == hung.finding_subjects
    assert {f.fingerprint for f in findings} == set(cause.fingerprints)
    assert {f.cause.name for f in findings} == {cause.name}


@behind("stopped")
def test_not_asked_is_said_and_changes_no_fingerprint(hung: Hung) -> None:
    asked, alone = (
        audit("--group", "k8s-workers", "--timeout", "25", *extra) for extra in ((), ("--no-second-round",))
    )
    assert not any(cause.established for cause in alone.causes)
    assert {f for cause in alone.causes for f in cause.fingerprints} == set(the_cause(asked).fingerprints)


@behind("stopped")
def test_two_sick_osds_on_different_hosts_are_not_guessed_at(hung: Hung) -> None:
    other = Lab().host(ceph.OSD_HOSTS[0])
    fault._stop_osd(other, 0)
    try:
        cause = the_cause(audit("--group", "k8s-workers", "--timeout", "25"))
    finally:
        fault._continue_osd(other, 0)
    assert (cause.established, cause.osd) == (False, None)
    assert cause.name == "more than one culprit: osd.0 on ceph-1, osd.1 on ceph-2"
    assert "suspect network or mon" in cause.missing


@behind("stopped")
def test_monitors_that_do_not_answer_leave_the_cause_open_in_bounded_time(hung: Hung) -> None:
    mon(Lab(), "STOP")
    try:
        begun = time.monotonic()
        cause = the_cause(audit("--group", "k8s-workers", "--timeout", "25"))
        took_s = time.monotonic() - begun
    finally:
        mon(Lab(), "CONT")
    assert took_s < 50
    assert not cause.established
    assert "the monitors gave no answer" in cause.vetoes[0]
    assert cause.hosts == WORKERS
