"""A container runtime that came back under its containers; healthy: one that has been there before all of them."""

from nornir_hygiene.lab.faults import containers
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted


def plant(site: Site) -> Planted:
    """Runtime, container, then the runtime anew: the shim and its container live on."""
    return _run(site, restarted=True)


def twin(site: Site) -> Planted:
    """Runtime, then container."""
    return _run(site, restarted=False)


def _run(site: Site, *, restarted: bool) -> Planted:
    runtime = site.start("sleepers", {"count": 0}, name="containerd")
    containers.run(site, reaps=True)
    made = runtime.report
    if restarted:
        site.host.run(["rm", site.host.report_path(runtime.unit)])
        site.host.run(["systemctl", "restart", f"{runtime.unit}.service"])
        made = site.host.report(runtime.unit)
    return site.planted(comm="containerd", pid=made["pid"], pod_uid=None, container_id=None, cause=("containerd",))
