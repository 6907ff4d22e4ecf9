"""Containers under a real containerd: an init that does not reap, one without a SIGTERM handler, a used up pids limit.

Healthy: tini before the same program, a program with a handler, half of the same limit in use.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.vm.faults.containerd_apps import HANDLER, OPEN, SERVE, app
from nornir_hygiene.lab.vm.faults.containerd_runtime import Running, run

_PROBE = """
while [ "$1" -gt 0 ]; do (sleep 0.2; exit 0) & set -- $(($1 - 1)); done
"""
# What an `exec` probe starts and does not wait for is left to the container's init.
_CHECKS = """
for check in {counts}; do ctr task exec --exec-id "check-$check" "$id" /bin/health-check "${{check#*x}}" >&2; done
"""
_UNTIL_DEAD = """
dead() { for child in $(children); do grep '^State:.Z' "/proc/$child/status"; done | wc -l; }
until [ "$(dead)" -eq %d ]; do sleep 0.2; done
"""
_UNTIL_REAPED = 'until [ "$(children | wc -w)" -eq 1 ]; do sleep 0.2; done'
# A shell that cannot fork gives up, and this one has to be another than PID 1. The last place is its own.
_FILL = """
(while :; do (read request <&3) & done) 2>/dev/null &
wait $!
(read request <&3) &
"""
_USE = """
many=%d
while [ "$many" -gt 0 ]; do (read request <&3) & many=$((many - 1)); done
"""
_UNTIL_USED = 'until [ "$(cat "$scope/pids.current")" -eq %d ]; do sleep 0.2; done'


def plant_zombies(site: Site) -> Planted:
    """The program is PID 1 and inherits what health checks leave behind."""
    comm, count = site.comm(), site.rng.randint(4, 12)
    ran = _checked(site, comm, (f"/bin/{comm}",), count, _UNTIL_DEAD % count)
    told = {"comm": comm, "parent_comm": comm, "parent_pid": ran.pid, "pids": ran.pids, "count": count}
    return site.planted(**told, cause=(comm, f"pid {ran.pid}"))


def twin_zombies(site: Site) -> Planted:
    """The same program and the same checks under tini."""
    comm, count = site.comm(), site.rng.randint(4, 12)
    ran = _checked(site, comm, ("/bin/tini", "--", f"/bin/{comm}"), count, _UNTIL_REAPED)
    return _planted(site, "tini", ran)


def plant_deaf(site: Site) -> Planted:
    """A program that never thought of SIGTERM."""
    comm = site.comm()
    ran = run(site, app(site, comm, SERVE, systemd=False))
    return site.planted(comm=comm, pid=ran.pid, cause=(comm,))


def twin_deaf(site: Site) -> Planted:
    """The same with a handler."""
    comm = site.comm()
    return _planted(site, comm, run(site, app(site, comm, HANDLER + SERVE, systemd=False)))


def plant_full(site: Site) -> Planted:
    """It forks until the kernel refuses."""
    return _use(site, share=1.0)


def twin_full(site: Site) -> Planted:
    """To half of the limit."""
    return _use(site, share=0.5)


def _checked(site: Site, comm: str, args: tuple[str, ...], count: int, until: str) -> Running:
    """Run a container, and two health checks in it that leave `count` processes behind."""
    first = site.rng.randint(1, count - 1)
    serving = app(site, comm, HANDLER + SERVE, systemd=True)
    checks = _CHECKS.format(counts=f"1x{first} 2x{count - first}")
    scripts = {**serving.scripts, "health-check": _PROBE}
    return run(site, serving.model_copy(update={"args": args, "scripts": scripts, "then": checks + until}))


def _use(site: Site, share: float) -> Planted:
    """Run a container that uses that share of its limit; 1 is: all it may."""
    comm, systemd = site.comm(), site.rng.random() < 0.5
    using = app(site, comm, "", systemd=systemd)
    path, limit = using.pod.scope, using.pod.limit or 0
    many = int(limit * share)
    script = HANDLER + OPEN + (_FILL if share == 1 else _USE % (many - 1)) + "read request <&3"
    ran = run(site, using.model_copy(update={"scripts": {comm: script}, "then": _UNTIL_USED % many}))
    return site.planted(
        comm=comm, pid=ran.pid, cgroup_path=path, cgroup_limit=limit, cause=(f"limit {limit} of {path}",)
    )


def _planted(site: Site, comm: str, ran: Running) -> Planted:
    return site.planted(comm=comm, pid=ran.pid, pids=ran.pids)
