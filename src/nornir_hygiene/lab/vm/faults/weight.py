"""A pod of hardly any weight beside a hungry one: it wants CPU and gets none. Healthy: the same where CPU is left.

Only one CPU is fought for, as between pods with CPUs of their own: the others stay for the audit and for the twin.
"""

from nornir_hygiene.lab import container
from nornir_hygiene.lab.container import Container
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted
from nornir_hygiene.lab.vm.faults.pods import lay_out, start_in

# As kubelet gives them: without a request, and with one of two and a half CPUs.
_LIGHT, _HEAVY = 1, 100
_WEIGH = 'echo "{weight}" >"/sys/fs/cgroup{pod}/cpu.weight"; echo {limit} >"/sys/fs/cgroup{pod}/pids.max"'
_SPIN = """
sh -c 'echo $$ >"/sys/fs/cgroup$1/cgroup.procs"; exec taskset -c 0 sh -c "while :; do :; done"' sh "$1" \\
    </dev/null >/dev/null 2>&1 &
"""


def plant(site: Site) -> Planted:
    """Of a hundred and one milliseconds one is its own."""
    light, heavy = container.draw(site.rng), container.draw(site.rng)
    light = light.model_copy(update={"systemd": heavy.systemd})  # below one cgroup, else they would not be neighbours
    lay_out(site, heavy, _weigh(heavy, _HEAVY) + _SPIN)
    lay_out(site, light, _weigh(light, _LIGHT) + _SPIN)
    return site.planted(cgroup_path=light.pod, cause=(f"weight {_LIGHT} ", f"pod {heavy.uid}"))


def twin(site: Site) -> Planted:
    """It gets the little it wants."""
    pod = container.draw(site.rng)
    lay_out(site, pod, _weigh(pod, _LIGHT))
    start_in(site, pod, "spinner", {"busy_ms": 5})
    return site.planted(cgroup_path=pod.pod)


def _weigh(pod: Container, weight: int) -> str:
    return _WEIGH.format(weight=weight, pod=pod.pod, limit=pod.limit)
