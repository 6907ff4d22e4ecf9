"""An OSD of a real Ceph that is made sick again and again, with one client; what the host itself has to say of it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nornir_hygiene.lab import Lab, ceph
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults import rbd as fault
from nornir_hygiene.lab.host import LabHost
from tests.lab.test_causes import OSD, Hung

WORKER = "worker-1"


class StuckOsd:
    """`osd` lives on `host`; whatever is counted is counted since it was made sick last."""

    def __init__(self, lab: Lab, hung: Hung) -> None:
        self.lab = lab
        self.hung = hung
        self.since = f"@{int(time.time())}"
        self.serve_from(OSD)

    def serve_from(self, osd: int) -> None:
        """Which of the two the client waits for."""
        self.osd = osd
        self.host: LabHost = self.lab.host(ceph.OSD_HOSTS[osd])
        ceph.serve_from(self.hung.admin, osd, self.hung.volume.pool)

    def again(self) -> None:
        """Stuck, and a check that hangs on it, old enough to be found."""
        self.since = f"@{int(time.time())}"
        fault._delay_osd(self.host, self.osd)
        self.hung.check()

    def cure(self) -> None:
        fault._restart_osd(self.host, self.osd)

    def _said(self, host: LabHost, unit: str) -> list[str]:
        """By systemd, of a unit."""
        asked = ["journalctl", "-o", "cat", "-u", unit, "--since", self.since, "_PID=1"]
        return host.run(asked).stdout.splitlines()

    def restarts(self) -> tuple[int, ...]:
        """How often systemd has started each OSD."""
        return tuple(
            sum(line.startswith("Started ") for line in self._said(self.lab.host(host), f"ceph-osd@{osd}"))
            for osd, host in sorted(ceph.OSD_HOSTS.items())
        )

    def fsck_ended_well(self) -> bool:
        """By itself: `Deactivated successfully` stands for the exit status 0."""
        worker, unit = self.hung.workers[WORKER], self.hung.unit(WORKER)
        wait_for("the check to end", lambda: not fault._hung_check(worker, unit), timeout_s=60)
        wait_for("systemd to say so", lambda: "Deactivated" in "".join(self._said(worker, unit)), timeout_s=5)
        return "Failed" not in "".join(self._said(worker, unit))

    def left(self) -> list[str]:
        """Of noout, its timer, locks and receipts: nothing should be."""
        dump = json.loads(self.ceph("osd", "dump", "-f", "json"))
        states = [f"osd.{osd['osd']} has noout" for osd in dump["osds"] if "noout" in osd["state"]]
        timers = self.hung.admin.run(["systemctl", "list-timers", "--no-legend", "nornir-hygiene-*"]).stdout.split()
        files = [name for host in ceph.OSD_HOSTS.values() for name in _files(self.lab.host(host))]
        return [*states, *self.holders(), *timers, *files]

    def holders(self) -> list[str]:
        """Who has locked the cluster."""
        keys = json.loads(self.ceph("config-key", "dump", "nornir-hygiene/lock"))
        return [key.rpartition("/")[2] for key in keys]

    def clean(self) -> bool:
        """Every OSD is up and in, and every placement group active and clean."""
        osds = json.loads(self.ceph("osd", "dump", "-f", "json"))["osds"]
        states = json.loads(self.ceph("pg", "stat", "-f", "json"))["pg_summary"]["num_pg_by_state"]
        whole = {each["name"] for each in states} == {"active+clean"}
        return whole and all(osd["up"] and osd["in"] for osd in osds)

    def ceph(self, *words: str) -> str:
        return self.hung.admin.run(["ceph", "--connect-timeout", "10", *words], timeout_s=30).stdout


def _files(host: LabHost) -> list[str]:
    asked = ["sh", "-c", "ls /run/nornir-hygiene.receipts /run/nornir-hygiene.locks 2>/dev/null"]
    return [name for name in host.run(asked, check=False).stdout.split() if not name.endswith(":") and name != "guard"]


@contextmanager
def one_client(lab: Lab) -> Iterator[StuckOsd]:
    """Attached for as long as it is needed; a device cannot be attached to an OSD that is sick already."""
    hung = Hung(lab, (WORKER,))
    try:
        hung.attach()
        stuck = StuckOsd(lab, hung)
        yield stuck
    finally:
        for osd, host in ceph.OSD_HOSTS.items():
            fault._continue_osd(lab.host(host), osd)
            fault._restart_osd(lab.host(host), osd)
        hung.end()
