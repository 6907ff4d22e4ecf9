"""The six hosts every lab has."""

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.model import HostSpec

WORKERS = tuple(HostSpec(name=f"worker-{n}", group="k8s-workers", number=10 + n) for n in (1, 2, 3))
CEPH_HOSTS = tuple(HostSpec(name=f"ceph-{n}", group="ceph", number=20 + n) for n in (1, 2))
CLEAN = HostSpec(name="clean-1", group="clean", number=31)
ALL_HOSTS = (*WORKERS, *CEPH_HOSTS, CLEAN)


def spec_of(name: str) -> HostSpec:
    """The host called `name`; LabError with the known names otherwise."""
    for spec in ALL_HOSTS:
        if spec.name == name:
            return spec
    raise LabError(f"the lab has no host {name!r}", "hosts: " + ", ".join(s.name for s in ALL_HOSTS))
