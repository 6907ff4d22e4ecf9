"""Which words the cause of each fault's finding must hold, from what was planted."""

from collections.abc import Callable

from nornir_hygiene.lab import Planted
from nornir_hygiene.lab.model import Facts

_Words = Callable[[Facts], tuple[str, ...]]

# Of the other faults the planted facts say it themselves (`Facts.cause`).
WORDS: dict[str, _Words] = {
    "zombies": lambda facts: (f"(pid {facts.parent_pid})",),
    "rbd-osd-stopped": lambda facts: (f"ceph-osd osd.{facts.osd} on {facts.osd_host}",),
    "rbd-osd-stuck": lambda facts: (f"ceph-osd osd.{facts.osd} on {facts.osd_host}",),
    "pids-limit": lambda facts: (f"limit {facts.cgroup_limit} of {facts.cgroup_path}",),
    "orphan-leak": lambda facts: (f"of {facts.unit} ",),
    "zombie-blocked-parent": lambda facts: ("vfork child",),
    "zombie-thread-blocked": lambda facts: ("vfork child",),
    "ps-hang": lambda facts: (f"thread {facts.waits_for_tid} of process {facts.pid} ", "frozen-filesystem"),
    "exec-hang": lambda facts: (f"exec of process {facts.pid} ",),
    "io-hang": lambda facts: (_device(facts),),
    "io-hang-thread": lambda facts: (_device(facts),),
    "cgroup-frozen": lambda facts: (f"/{facts.container_id}",),
    "cgroup-frozen-v2": lambda facts: (str(facts.container_id),),
    "zombie-init-not-reaping": lambda facts: (f"(pid {facts.parent_pid})",),
    "stopped": lambda facts: ("a stop signal",),
    "stopped-job": lambda facts: ("SIGTTIN",),
    "cpu-throttled": lambda facts: (f"of {facts.cgroup_path}",),
    "iowait-readers": lambda facts: (f"{facts.comm} of {facts.unit}",),
    "traced": lambda facts: ("tracer ",),
    "krbd-osd-stopped": lambda facts: (f"ceph-osd osd.{facts.osd} on {facts.osd_host}",),
    "rbd-map-osd-stopped": lambda facts: (f"ceph-osd osd.{facts.osd} on {facts.osd_host}",),
    "nbd-server-gone": lambda facts: (f"nbd server of {_device(facts)} ",),
    "pids-limit-own": lambda facts: (f"limit {facts.cgroup_limit} of {facts.cgroup_path}",),
    "pids-limit-above": lambda facts: (f"limit {facts.cgroup_limit} of {facts.cgroup_path}",),
    "pod-out-of-quota": lambda facts: (f"of {facts.cgroup_path}",),
    "slow-disk-readers": lambda facts: (f"{facts.comm} of {facts.unit}",),
    "load-of-the-blocked": lambda facts: ("tasks wait for: vfork",),
}


def missing_words(planted: Planted, cause: str) -> list[str]:
    """What the name of the cause lacks; a fault of which nobody wrote what is right lacks that."""
    ours = WORDS.get(planted.fault)
    words = (*planted.facts.cause, *(ours(planted.facts) if ours else ()))
    if not words and not planted.refuses_login:
        return [f"tests/lab/right_causes.py does not say which cause of {planted.fault} is right"]
    return [f"the cause lacks {word!r}" for word in words if word not in cause]


def _device(facts: Facts) -> str:
    return (facts.kernel_device or facts.device or "no device").rpartition("/")[2]
