"""What a host can only have as a whole: a load of blocked tasks, hardly a process id or a thread left.

Healthy: as many processes that merely sleep, on a host with ids enough.
"""

import time

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.vm.faults.inside import PATIENCE_S, arrange, sh

# Of them the load average has a tenth after six seconds.
_BLOCKED = 45
_LOAD = 5.0
# Short waits are not counted as load by the rule: ten seconds with what the audit lets a fault ripen.
_OLD_S = 8.0
_MANY = 250
# Above the warning threshold with room: the audit's own login needs some, and so does the cure.
_USED_PCT = 87


def plant_load(site: Site) -> Planted:
    """They need no CPU, and the load average counts each of them."""
    made = site.start("crowd", {"count": _BLOCKED, "blocked": True})
    begun = time.monotonic()
    wait_for("the load to rise", lambda: _load(site) >= _LOAD and _old(begun), timeout_s=PATIENCE_S, every_s=1)
    return site.planted(comm=made.comm)


def _old(begun: float) -> bool:
    return time.monotonic() - begun >= _OLD_S


def twin_load(site: Site) -> Planted:
    """Asleep they count for nothing."""
    made = site.start("crowd", {"count": _BLOCKED, "blocked": False})
    return site.planted(comm=made.comm)


def plant_pids(site: Site) -> Planted:
    """Many processes, then a pid_max that leaves little room above them."""
    return _nearly_used(site, "pid_max")


def plant_threads(site: Site) -> Planted:
    """The same, of what the kernel counts instead of numbers: ids are left by the million."""
    return _nearly_used(site, "threads-max")


def _nearly_used(site: Site, sysctl: str) -> Planted:
    made = site.start("sleepers", {"count": _MANY})
    told = sh(site, f"cat /proc/sys/kernel/{sysctl} /proc/loadavg").split()
    before, used = told[0], int(told[4].partition("/")[2])
    limit = str(used * 100 // _USED_PCT)
    up, down = (f'echo "${place}" >/proc/sys/kernel/{sysctl}' for place in (1, 2))
    arrange(site, sysctl, up, down, limit, before)
    return site.planted(comm=made.comm, cause=(f"kernel.{sysctl}", limit))


def twin_pids(site: Site) -> Planted:
    """As many, and ids enough."""
    made = site.start("sleepers", {"count": _MANY})
    return site.planted(comm=made.comm)


def _load(site: Site) -> float:
    return float(sh(site, "cut -d' ' -f1 /proc/loadavg"))
