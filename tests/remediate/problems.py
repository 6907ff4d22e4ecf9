"""Audits whose findings the real diagnosis makes of snapshots in a few words, and the built-in runbooks for them."""

from datetime import UTC, datetime
from functools import cache

from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.fleet.causes import causes_of, explained
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.runbook import Runbook
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.remediate.case import Case, cases
from nornir_hygiene.remediate.language import Loaded, load_runbook
from nornir_hygiene.remediate.plan import Frame, make_plan
from nornir_hygiene.report.assemble import RunFrame, assemble
from tests.diagnose.snapshots import shipped_catalogue

WHEN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CLEAN = "1 0 Ss systemd do_epoll_wait"
STOPPED = "500 1 Tsl ceph-osd do_signal_stop age=45 cg=/system.slice/ceph-osd@0.service"
ZOMBIES = """
    700 1   S app-test hrtimer_nanosleep looked sigcgt=0
    701 700 Z app-test - age=90
    702 700 Z app-test - age=91
    703 700 Z app-test - age=91
"""
# SIGCHLD is signal 17: the bit 1 << 16.
ZOMBIES_OF_A_CATCHER = ZOMBIES.replace("sigcgt=0", "sigcgt=10000")
FUSE = """
    400 1 Tsl s3fs do_signal_stop age=60 fd=/dev/fuse
    500 1 S cat request_wait_answer age=50 fd=/mnt/s3/a
    mount 0:45 /mnt/s3 fuse.s3fs s3fs
"""
TWO_DAEMONS = FUSE.replace("500 1", "401 1 Tsl s3fs do_signal_stop age=60 fd=/dev/fuse\n    500 1")
FROZEN = """
    500 1 D cp percpu_rwsem_wait age=45 fdw=/mnt/x/file stack=percpu_rwsem_wait<__percpu_down_read<vfs_write
    mount 7:1 /mnt/x ext4 /dev/loop1
"""
FROZEN_SOMEWHERE = FROZEN.replace("mount 7:1 /mnt/x ext4 /dev/loop1", "")
FROZEN_CGROUP = """
    500 1 S app do_freezer_trap age=45 cg=/app.slice
    freezer /app.slice v2 frozen own
"""
FROZEN_CGROUP_V1 = "500 1 D app refrigerator age=45 fz=/app\nfreezer /app v1 frozen own"
FULL = "pids /system.slice/app.service 100 100 refused=7"
FULL_POD = f"pids /docker/{'4f' * 32} 100 100 refused=7"
HANGS_ON_RBD = """
    300 1 D fsck.ext4 folio_wait_bit_common age=90 fd=/dev/rbd3
    rbd /dev/rbd3 252:0 kube-a1/vol-1 sysfs
"""


@cache
def seen(host: str, text: str = CLEAN) -> HostReport:
    snapshot = snapshot_from(text)
    findings = diagnose(host, snapshot, Thresholds(), shipped_catalogue())
    return HostReport(host=host, facts=snapshot.facts, findings=findings, gaps=snapshot.gaps)


def absent(host: str) -> HostReport:
    return HostReport(host=host, not_observed=NotObserved(reason="deadline", phase="probe", detail="silent"))


def audit(*hosts: HostReport, views: tuple[ClusterView, ...] = ()) -> AuditReport:
    """Both rounds: `views` is what a cluster said."""
    causes = causes_of(hosts, views)
    frame = RunFrame(run_id="20261122T030000Z-000000", started_at=WHEN, selection="all hosts")
    return assemble(frame, explained(hosts, causes), WHEN, interrupted=False, causes=causes)


@cache
def loaded(name: str) -> Loaded:
    return load_runbook(name)


def runbook(name: str) -> Runbook:
    return loaded(name).runbook


def the_case(name: str, text: str) -> Case:
    """The only case of that runbook on one host."""
    (case,) = cases(runbook(name), audit(seen("host-1", text)))
    return case


def planned(name: str, report: AuditReport) -> Plan:
    return make_plan(loaded(name), report, Frame(made_at=WHEN, inventory="inventory"))
