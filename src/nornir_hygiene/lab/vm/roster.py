"""The virtual hosts a lab can have."""

from nornir_hygiene.lab.model import HostSpec

GROUP = "vms"
MOST = 4  # more than the cores and the memory of a small machine bear


def specs(count: int) -> tuple[HostSpec, ...]:
    """The first `count` of them, `vm-1` first."""
    return tuple(HostSpec(name=f"vm-{n}", group=GROUP, number=40 + n) for n in range(1, count + 1))
