"""A container that is held by its CPU quota in every period; healthy: one that uses a fifth of the same quota."""

from pathlib import Path

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab import container
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted

# A twentieth of one CPU: the fault costs the machine no more than that, and gets it even from busy CPUs.
_PERIOD_US, _QUOTA_US = 100_000, 5_000


def plant(site: Site) -> Planted:
    """It would use a whole CPU."""
    return _spin(site, busy_ms=100)


def twin(site: Site) -> Planted:
    """It needs one millisecond of every hundred."""
    return _spin(site, busy_ms=1)


def _spin(site: Site, busy_ms: int) -> Planted:
    made = container.draw(site.rng)
    site.promise(made.undo(site.host), **made.facts())
    container.make(site.host, made)
    _limit(site.host.cgroup("cpu") / made.scope.lstrip("/"))
    home = {"cgroup": made.container, "hierarchies": container.hierarchies(site.host, made)}
    started = site.start("spinner", {**home, "busy_ms": busy_ms}, "Delegate=yes")
    container.enter(site.host, made, started.report["pid"])
    return site.planted(cgroup_path=made.scope)


def _limit(folder: Path) -> None:
    if (folder / "cpu.cfs_quota_us").exists():
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
        (folder / "cpu.cfs_quota_us").write_text(str(_QUOTA_US))
    elif (folder / "cpu.max").exists():
        (folder / "cpu.max").write_text(f"{_QUOTA_US} {_PERIOD_US}")
    else:
        raise LabUnavailable("this kernel has no CPU quotas in cgroups, or passes none down to the lab")
