"""A real containerd that was killed and came back under its containers, one of which then ends behind its back.

Healthy: on the same host a containerd with containers that has never ended.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.vm.faults.containerd_apps import HANDLER, SERVE, app
from nornir_hygiene.lab.vm.faults.containerd_runtime import SHARED, Running, run
from nornir_hygiene.lab.vm.faults.inside import sh

_MAIN = "systemctl show --property=MainPID --value"
# $1 the runtime, $2 the init of one of its containers, whose shim $3 nobody tells to end. Says who the runtime is now.
_RESTART = f"""
before=$({_MAIN} "$1")
systemctl kill --kill-whom=main --signal=KILL "$1"
until now=$({_MAIN} "$1") && [ "$now" != "$before" ] && [ "$now" != 0 ] && systemctl --quiet is-active "$1"; do
    sleep 0.2
done
kill -KILL "$2"
while [ -n "$(cat "/proc/$3/task/$3/children")" ]; do sleep 0.2; done
echo "$now"
"""


def plant(site: Site) -> Planted:
    """The runtime is killed, systemd starts it anew; of two containers it finds again one loses its processes."""
    runtime = f"containerd-{site.rng.getrandbits(16):04x}"
    _run(site, runtime)
    ended = _run(site, runtime)
    now = int(sh(site, _RESTART, runtime, str(ended.pid), str(ended.shim)))
    told = {"comm": "containerd", "pid": now, "parent_pid": ended.shim, "unit": f"{runtime}.service"}
    return site.planted(**told, pod_uid=None, container_id=None, cause=(f"restart of containerd in {runtime}.service",))


def twin(site: Site) -> Planted:
    """Started before all of its containers, and well."""
    _run(site, SHARED)
    return site.planted(comm="containerd", pid=int(sh(site, f"{_MAIN} {SHARED}")), unit=f"{SHARED}.service")


def _run(site: Site, runtime: str) -> Running:
    comm = site.comm()
    return run(site, app(site, comm, HANDLER + SERVE, systemd=site.rng.random() < 0.5), runtime)
