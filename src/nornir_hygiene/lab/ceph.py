"""A real Ceph cluster on the two ceph hosts: mon, mgr and osd.0 on the first, osd.1 on the second."""

import json
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nornir_hygiene.lab.command import say, wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import LabState
from nornir_hygiene.lab.roster import CEPH_HOSTS
from nornir_hygiene.models.frozen import Frozen

OSD_HOSTS = {0: "ceph-1", 1: "ceph-2"}
MGR = "x"
_CONF = """\
[global]
fsid = {fsid}
mon_host = v2:{mon}:3300/0
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_bind_msgr1 = false
osd_pool_default_size = 2
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_delete = true
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
# A stopped OSD stays "up" in the map: that is what makes its clients hang.
osd_heartbeat_grace = 600
mon_osd_report_timeout = 1200
osd_op_complaint_time = 5
osd_crush_chooseleaf_type = 1
rbd_default_features = 1
log_to_file = true
# The monitor collects changes for a second before it decides; here nobody shares it.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_tick_interval = 1
# How often OSDs tell the manager of their placement groups: a volume must be known before its OSD falls silent.
mgr_stats_period = 1
[osd]
osd_objectstore = bluestore
bluestore_block_size = 1073741824
osd_memory_target = 1073741824
[mgr]
mgr_disabled_modules = dashboard restful prometheus zabbix influx k8sevents rook cephadm
"""


class Volume(Frozen):
    """An rbd image in a pool; both names are drawn."""

    pool: str
    image: str


def start(made: LabState) -> None:
    """Start the cluster of a started lab and wait until both OSDs serve."""
    say("starting ceph")
    hosts = {record.spec.name: LabHost.of(record) for record in made.hosts}
    conf = _CONF.format(fsid=uuid.uuid4(), mon=CEPH_HOSTS[0].address)
    for host in hosts.values():
        host.write("/etc/ceph/ceph.conf", conf)
    first = hosts[OSD_HOSTS[0]]
    _start_mon(first, conf)
    _start_mgr(first)
    with ThreadPoolExecutor() as pool:
        starts = [pool.submit(_start_osd, first, hosts[name], number) for number, name in OSD_HOSTS.items()]
    for started in starts:
        started.result()
    wait_for("both OSDs to be up", lambda: _osds_up(first) == len(OSD_HOSTS), timeout_s=60, every_s=0.2)


def conf_of(made: LabState) -> str:
    """The cluster's settings, for further clients."""
    first = next(record for record in made.hosts if record.spec == CEPH_HOSTS[0])
    return LabHost.of(first).path("/etc/ceph/ceph.conf").read_text()


def drawn_volume(seed: int, purpose: str) -> Volume:
    """Names as people give them; none is a hint that this is a lab."""
    rng = random.Random(f"{seed}:volume:{purpose}")
    pool = f"{rng.choice(('kube', 'volumes', 'pvc', 'fast', 'tenant'))}-{rng.choice('abcdefgh')}{rng.randint(1, 99)}"
    return Volume(pool=pool, image=f"csi-vol-{rng.getrandbits(32):08x}")


def create_volume(admin: LabHost, volume: Volume, *, only_on: int | None = None) -> None:
    """Make pool and image. `only_on`: keep one copy, on that OSD, so that the other one's fate does not matter."""
    wait_for("both OSDs to be up", lambda: _osds_up(admin) == len(OSD_HOSTS), timeout_s=60, every_s=0.2)
    pool = ["ceph", "osd", "pool"]
    if only_on is None:
        admin.run([*pool, "create", volume.pool, "8", "8", "replicated"], timeout_s=30)
    else:
        rule = _rule(only_on)
        where = OSD_HOSTS[only_on]
        admin.run(["ceph", "osd", "crush", "rule", "create-replicated", rule, where, "osd"], timeout_s=30)
        admin.run([*pool, "create", volume.pool, "8", "8", "replicated", rule], timeout_s=30)
        admin.run([*pool, "set", volume.pool, "size", "1", "--yes-i-really-mean-it"], timeout_s=30)
    admin.run([*pool, "application", "enable", volume.pool, "rbd"], timeout_s=30)
    admin.run(["rbd", "create", "--size", "256M", f"{volume.pool}/{volume.image}"], timeout_s=30)
    # Nobody's volume is a second old: the manager knows where its placement groups are.
    wait_for("the pool to be active", lambda: _active(admin, volume.pool), timeout_s=60, every_s=0.3)


def _active(host: LabHost, pool: str, primary: int | None = None) -> bool:
    """All placement groups of the pool serve requests, as far as the manager knows; of this OSD, if one is given."""
    done = host.run(["ceph", "--connect-timeout", "5", "pg", "ls-by-pool", pool, "-f", "json"], check=False)
    if done.returncode != 0:
        return False
    groups: list[dict[str, Any]] = json.loads(done.stdout)["pg_stats"]
    serving = [group for group in groups if group["state"].startswith("active")]
    return 0 < len(groups) == len(serving) and all(primary in (None, group["acting_primary"]) for group in serving)


def serve_from(admin: LabHost, osd: int, pool: str) -> None:
    """Let this OSD alone serve reads of two-copy pools, else a read may miss the sick one; wait until it does.

    An OSD that falls silent while its placement groups still change hands leaves them `activating`: another incident.
    """
    _primary_affinity(admin, {number: int(number == osd) for number in OSD_HOSTS})
    wait_for(f"osd.{osd} to serve {pool}", lambda: _active(admin, pool, osd), timeout_s=60, every_s=0.3)


def serve_from_all(admin: LabHost) -> None:
    """Undo `serve_from`."""
    _primary_affinity(admin, dict.fromkeys(OSD_HOSTS, 1))


def _primary_affinity(admin: LabHost, weights: dict[int, int]) -> None:
    for number, weight in weights.items():
        admin.run(["ceph", "osd", "primary-affinity", str(number), str(weight)], timeout_s=30)


def delete_pool(admin: LabHost, pool: str, *, only_on: int | None = None) -> None:
    """Remove a pool and all in it, and the rule that kept it on one OSD; fine if there is none."""
    sure = "--yes-i-really-really-mean-it"
    admin.run(["ceph", "osd", "pool", "delete", pool, pool, sure], timeout_s=30, check=False)
    if only_on is not None:
        admin.run(["ceph", "osd", "crush", "rule", "rm", _rule(only_on)], timeout_s=30, check=False)


def _rule(osd: int) -> str:
    return f"only-osd-{osd}"


def _start_mon(host: LabHost, conf: str) -> None:
    fsid = conf.split("fsid = ")[1].split()[0]
    address = f"[v2:{CEPH_HOSTS[0].address}:3300]"
    host.run(["monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, "/tmp/monmap"])  # noqa: S108
    host.run(["ceph-mon", "--mkfs", "-i", "a", "--monmap", "/tmp/monmap", "--setuser", "ceph", "--setgroup", "ceph"])  # noqa: S108
    host.run(["systemctl", "start", "ceph-mon@a"])
    # An OSD made before there is a quorum fails with "wrong fsid".
    wait_for("the ceph monitor", lambda: _quorum(host), timeout_s=60, every_s=0.2)


def _start_mgr(host: LabHost) -> None:
    folder = f"/var/lib/ceph/mgr/ceph-{MGR}"
    host.run(["install", "-d", "-o", "ceph", "-g", "ceph", folder])
    host.run(["systemctl", "start", "--no-block", f"ceph-mgr@{MGR}"])


def _start_osd(admin: LabHost, host: LabHost, number: int) -> None:
    identity = str(uuid.uuid4())
    admin.run(["ceph", "osd", "new", identity, str(number)], timeout_s=30)
    host.run(["install", "-d", "-o", "ceph", "-g", "ceph", f"/var/lib/ceph/osd/ceph-{number}"])
    owner = ["--setuser", "ceph", "--setgroup", "ceph"]
    host.run(["ceph-osd", "-i", str(number), "--mkfs", "--osd-uuid", identity, *owner], timeout_s=60)
    host.run(["systemctl", "start", f"ceph-osd@{number}"])


def _quorum(host: LabHost) -> bool:
    return host.run(["ceph", "--connect-timeout", "2", "mon", "stat"], check=False).returncode == 0


def _osds_up(host: LabHost) -> int:
    done = host.run(["ceph", "--connect-timeout", "5", "osd", "stat", "-f", "json"], check=False)
    if done.returncode != 0:
        return 0
    told: dict[str, Any] = json.loads(done.stdout)
    return int(told["num_up_osds"])
