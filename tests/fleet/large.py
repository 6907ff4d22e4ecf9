"""What a large fleet and its Ceph cluster would send, made in memory: the one thing that cannot be had here."""

import json

from nornir_hygiene.models.answer import Answer, ProbeRequest
from tests.diagnose.clusters import CASES
from tests.diagnose.clusters import NONCE as RECORDED

PROCESSES = 500
OSDS = 600
_FSID = "ac8270dd-04cb-4130-beab-ab95e0180985"
# The recorded hosts with an OSD each; all others of the cluster's group have none.
WITH_OSDS = {"ceph-000": "ceph-1", "ceph-001": "ceph-2", "ceph-002": "ceph-3"}


def answer(nonce: str, *, on_rbd: bool = False) -> Answer:
    """500 processes, one of them hung for two minutes: on something, or on a volume whose OSD is osd.1."""
    pids = range(1, PROCESSES + 1)
    stat = [
        f" {pid}/stat:{pid} (app-{pid}) {'D' if pid == 400 else 'S'} 1 {pid} {pid} 0 4194304 1 {pid}" for pid in pids
    ]
    waits = [f" {pid}/wchan:{'folio_wait_bit_common' if pid == 400 else 'do_epoll_wait'}" for pid in pids]
    lines = [
        f"@{nonce} begin version=1",
        f"@{nonce} host",
        " boot_id 09246baf-0f8c-42bc-aec2-fb6ceb989594",
        " kernel 6.1.0",
        " hostname fake",
        " uptime 9999.0 1.0",
        " loadavg 0 0 0 1/500 500",
        " uid 0 0 0 0",
        " shell_pid 9999",
        f"@{nonce} stat from=grep",
        *stat,
        f"@{nonce} wchan",
        *waits,
        f"@{nonce} status",
        " 400/task/400/status:Name:\tapp-400",
        " 400/task/400/status:State:\tD (disk sleep)",
        f"@{nonce} sched",
        " self/sched:se.exec_start : 200000.0",
        " 400/task/400/sched:se.exec_start : 77000.0",
        *(_volume(nonce) if on_rbd else ()),
        f"@{nonce} end complete=yes",
    ]
    return Answer(stdout="\n".join(lines).encode() + b"\n", exit_status=0)


def _volume(nonce: str) -> tuple[str, ...]:
    rbd, osdc = " /sys/bus/rbd/devices/3", f" /sys/kernel/debug/ceph/{_FSID}.client4117/osdc"
    request = "144\tosd1\t2.f406c0d8\t2.0\t[1,0]/1\t[1,0]/1\te14\trbd_data.1.0f\t0x400014\t1\tread"
    return (
        f"@{nonce} fd",
        " /proc/400/fd:",
        " lrwx------ 1 0 0 64 Nov 21 19:37 3 -> /dev/rbd3",
        f"@{nonce} devices",
        " /sys/block/rbd3/dev:252:48",
        f"{rbd}/name:vol-1",
        f"{rbd}/pool:kube-a1",
        f"{rbd}/major:252",
        f"{rbd}/minor:48",
        f"{rbd}/client_id:client4117",
        f"{rbd}/cluster_fsid:{_FSID}",
        f"@{nonce} nodes",
        " brw-rw---- 1 0 6 252, 48 Nov 21 19:37 /dev/rbd3",
        f"@{nonce} osdc",
        f"{osdc}:REQUESTS 1 homeless 0",
        f"{osdc}:{request}",
    )


def cluster_answer(host: str, request: ProbeRequest) -> Answer:
    """As recorded with osd.1 stuck, but with 600 OSDs in the map."""
    case = WITH_OSDS.get(host)
    text = (CASES / f"stuck.{case or 'ceph-1'}.bin").read_text()
    before, rest = text.split(f"@{RECORDED} osd-pids", 1)
    own, monitors = rest.split(f"@{RECORDED} status", 1)
    status, maps = monitors.split(f"@{RECORDED} blocked-by", 1)
    told = before + (f"@{RECORDED} osd-pids{own}" if case else "") + f"@{RECORDED} status{status}"
    asked_for_map = not request.command.endswith(" 0")
    told += f"@{RECORDED} blocked-by{_large(maps)}" if asked_for_map else f"@{RECORDED} end complete=yes\n"
    return Answer(stdout=told.replace(_recorded_fsid(), _FSID).replace(RECORDED, request.nonce).encode(), exit_status=0)


def _recorded_fsid() -> str:
    text = (CASES / "stuck.ceph-1.bin").read_text()
    return next(line.split('"')[3] for line in text.splitlines() if '"fsid"' in line)


def _large(maps: str) -> str:
    """The same map with hundreds of OSDs more."""
    before, rest = maps.split("osd-dump rc=0 \n", 1)
    body, after = rest.split("@", 1)
    dump = json.loads(body)
    dump["osds"] += [{**dump["osds"][0], "osd": number} for number in range(len(dump["osds"]), OSDS)]
    lines = "".join(f" {line}\n" for line in json.dumps(dump, indent=4).splitlines())
    return f"{before}osd-dump rc=0 \n{lines}@{after}"
