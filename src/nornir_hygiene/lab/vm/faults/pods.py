"""Pods in a pure cgroup v2 tree: at a limit of process ids, their own or one above them; frozen; out of CPU quota.

Healthy: half full, below the same limit; frozen and thawed again; a quarter of the same quota in use.
"""

from typing import Any

from nornir_hygiene.lab import container
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.container import Container
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import PATIENCE_S, arrange, sh

# $1 the container's cgroup. What is passed down is what kubelet passes down.
_UP = """
at=/sys/fs/cgroup
for part in $(echo "$1" | tr / ' '); do
    echo "+pids +cpu" >"$at/cgroup.subtree_control"
    at=$at/$part
    mkdir -p "$at"
done
"""
# A real runtime beside it makes systemd keep the slices, and make them anew: the last one out has them given up.
_DOWN = """
scope=/sys/fs/cgroup$1 pod=/sys/fs/cgroup${1%/*}
echo 0 >"$scope/cgroup.freeze"
echo 1 >"$pod/cgroup.kill"
while grep -q 'populated 1' "$pod/cgroup.events"; do sleep 0.2; done
at=$scope
while [ "$at" != /sys/fs/cgroup ] && rmdir "$at" 2>/dev/null; do at=${at%/*}; done
for below in /sys/fs/cgroup/kubepods.slice/*/; do [ ! -d "$below" ] || exit 0; done
systemctl stop kubepods.slice 2>/dev/null
"""
# Of every hundred milliseconds; what the healthy one does in one of them takes the emulator five.
_QUOTA = "20000 100000"
_FREEZE = """
echo 1 >"/sys/fs/cgroup$1/cgroup.freeze"
until grep -q 'frozen 1' "/sys/fs/cgroup$1/cgroup.events"; do sleep 0.1; done
"""


def plant_own(site: Site) -> Planted:
    """The container has used up its own limit."""
    pod = container.draw(site.rng)
    return _fill(site, pod, pod.scope, share=1.0)


def plant_above(site: Site) -> Planted:
    """The container has no limit; the pod's is used up."""
    pod = container.draw(site.rng)
    return _fill(site, pod, pod.pod, share=1.0)


def twin_own(site: Site) -> Planted:
    """At half of it."""
    pod = container.draw(site.rng)
    return _fill(site, pod, pod.scope, share=0.5)


def twin_above(site: Site) -> Planted:
    """At half of it."""
    pod = container.draw(site.rng)
    return _fill(site, pod, pod.pod, share=0.5)


def plant_frozen(site: Site) -> Planted:
    """Frozen and forgotten: all of it is in S, and nothing of it moves."""
    pod = container.draw(site.rng)
    planted = _fill(site, pod, pod.pod, share=0.2)
    sh(site, _FREEZE, pod.scope)
    return _with(planted, cgroup_path=pod.scope, cause=(pod.container[:12], pod.scope))


def twin_frozen(site: Site) -> Planted:
    """A checkpoint that was finished."""
    pod = container.draw(site.rng)
    planted = _fill(site, pod, pod.pod, share=0.2)
    sh(site, _FREEZE + 'echo 0 >"/sys/fs/cgroup$1/cgroup.freeze"', pod.scope)
    return _with(planted, cgroup_path=pod.scope)


def plant_held(site: Site) -> Planted:
    """It would use a whole CPU, and may use a fifth of one."""
    return _spin(site, busy_ms=100)


def twin_held(site: Site) -> Planted:
    """It needs one millisecond of every hundred."""
    return _spin(site, busy_ms=1)


def _spin(site: Site, busy_ms: int) -> Planted:
    pod = container.draw(site.rng)
    limits = f'echo {_QUOTA} >"/sys/fs/cgroup{pod.scope}/cpu.max"; echo {pod.limit} >"/sys/fs/cgroup{pod.pod}/pids.max"'
    lay_out(site, pod, limits)
    start_in(site, pod, "spinner", {"busy_ms": busy_ms})
    return site.planted(cgroup_path=pod.scope)


def _with(planted: Planted, **facts: Any) -> Planted:
    return planted.model_copy(update={"facts": planted.facts.model_copy(update=facts)})


def _fill(site: Site, pod: Container, limited: str, share: float) -> Planted:
    """Run the pod with its limit on the cgroup `limited`, and as many processes as `share` of it; 1 is: all it may."""
    limit = pod.limit or 0
    lay_out(site, pod, f'echo {limit} >"/sys/fs/cgroup{limited}/pids.max"')
    made = start_in(site, pod, "pod", {"count": 0 if share == 1 else int(limit * share)})
    filled = wait_for("the pod to fill up", lambda: _filled(site, made), timeout_s=PATIENCE_S, every_s=0.5)
    return site.planted(
        comm=made.comm, pid=filled["pid"], count=filled["count"], cgroup_path=limited, cgroup_limit=limit
    )


def lay_out(site: Site, pod: Container, limit: str) -> None:
    """Make its cgroups and run the lines that limit them; what is in them goes with the unit."""
    site.promise(Undo(), **pod.facts())
    arrange(site, "pod", f"{_UP}\n{limit}", _DOWN, pod.scope)


def start_in(site: Site, pod: Container, program: str, like: dict[str, int]) -> Started:
    """Start a guest program that waits until it is in the pod, and move it there."""
    made = site.start(program, {"cgroup": pod.container, "hierarchies": 1, **like})
    sh(site, 'echo "$2" >"/sys/fs/cgroup$1/cgroup.procs"', pod.scope, str(made.report["pid"]))
    return made


def _filled(site: Site, made: Started) -> dict[str, int] | None:
    told: dict[str, int] = site.host.report(made.unit)
    return told if "count" in told else None
