"""A container that is slow for want of CPU: its quota holds it, even on an idle node, or its weight on a busy one."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.containers import container_of, is_below, origin_of
from nornir_hygiene.diagnose.rules import starved
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import facts
from nornir_hygiene.models.cgroup import Container
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.window import CpuQuota, Throttling

# On a busy host the idle time is no surprise.
_WORTH_A_WORD_PCT = 10.0
RESTORES = (
    "A higher CPU limit or none (requests, that is weights, already share a busy node fairly), or fewer busy threads: "
    "as many as the quota has CPUs (GOMAXPROCS, the thread pools of the runtime), so that no period is used up in its "
    "first milliseconds."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """Who is held by a quota, then who is starved by weight alone."""
    held = [(quota, quota.lately) for quota in scene.snapshot.cpu_quotas if quota.lately]
    held = [(quota, lately) for quota, lately in held if _is_held(lately, scene.thresholds)]
    by_weight = starved.by_weight(scene, [quota.path for quota, _ in held])
    return tuple(Conclusion(finding) for finding in (*_by_quota(scene, held), *by_weight))


def _by_quota(scene: Scene, held: list[tuple[CpuQuota, Throttling]]) -> Iterator[Finding]:
    """One finding per chain of cgroups: the one that is held most often."""
    told: list[str] = []
    for quota, lately in sorted(held, key=lambda pair: (-_share(pair[1]), pair[0].path)):
        if not any(is_below(quota.path, other) or is_below(other, quota.path) for other in told):
            told.append(quota.path)
            yield scene.finding("cpu-throttled", _severity(lately, scene.thresholds), _told(scene, quota, lately))


def _is_held(lately: Throttling, limits: Thresholds) -> bool:
    return lately.periods >= limits.throttled_min_periods and _share(lately) >= limits.throttled_info_pct


def _severity(lately: Throttling, limits: Thresholds) -> Severity:
    return Severity.WARNING if _share(lately) >= limits.throttled_warning_pct else Severity.INFO


def _share(lately: Throttling) -> float:
    return min(100.0, lately.throttled * 100 / max(1, lately.periods))


def _told(scene: Scene, quota: CpuQuota, lately: Throttling) -> Told:
    container = container_of(quota.path)
    held = f"{lately.throttled} of {lately.periods} periods"
    return Told(
        subject=Subject(sort="cgroup", name=quota.path),
        summary=(
            f"{_who(container, quota.path)} may use {_cpus(quota)} and was held in {held} "
            f"({_share(lately):.0f} %){_idle(scene)}."
        ),
        evidence=Evidence(facts=_facts(scene, quota, lately)),
        cause=Cause(
            name=f"CPU limit {_cpus(quota)} of {quota.path}",
            established=True,
            because=f"nr_throttled of its cpu.stat grew in {held} within {lately.seconds:.1f} s",
        ),
        restores=RESTORES,
        container=str(container),
    )


def _who(container: Container, path: str) -> str:
    return str(container) or origin_of(path)


def _cpus(quota: CpuQuota) -> str:
    return f"{quota.quota_us / max(1, quota.period_us):.3g} CPU"


def _idle(scene: Scene) -> str:
    use = scene.snapshot.cpu_use
    idle = use.idle_pct + use.iowait_pct if use else 0.0
    return f" while the host's CPUs were {idle:.0f} % idle" if idle >= _WORTH_A_WORD_PCT else ""


def _facts(scene: Scene, quota: CpuQuota, lately: Throttling) -> tuple[Fact, ...]:
    use = scene.snapshot.cpu_use
    weight = f"{quota.weight} ({'cpu.shares, 1024' if quota.version == 1 else 'cpu.weight, 100'} is normal)"
    return facts(
        ("limit", f"{_cpus(quota)} ({quota.quota_us} us in every {quota.period_us} us)"),
        ("periods in which it was held", f"{lately.throttled} of {lately.periods} ({_share(lately):.0f} %)"),
        ("held, ms per s", f"{lately.throttled_ms / max(lately.seconds, 0.01):.0f} (summed over CPUs)"),
        ("between two samples, s", f"{lately.seconds:.1f}"),
        ("periods held since it was made", f"{quota.throttled} of {quota.periods}"),
        ("weight", weight if quota.weight is not None else None),
        ("CPUs idle meanwhile", f"{use.idle_pct + use.iowait_pct:.0f} %" if use else None),
        ("state of its tasks", "R while they are held, not D: the load average counts them as running"),
    )


_POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice"
MATCHES = (
    Sample("a service held in every period", "quota /system.slice/app.service 20000/100000 lately=10/10"),
    Sample("a container with half a CPU", f"quota {_POD}/x.scope 50000/100000 lately=4/10 weight=20"),
    Sample("now and then: info", "quota /a 20000/100000 lately=2/10"),
    Sample(
        "pod and container together are one", f"quota {_POD} 60000/100000 lately=5/10\nquota {_POD}/x 1/2 lately=9/10"
    ),
    Sample("two thousand periods of 10 ms", "quota /a 100/10000 lately=800/2000"),
)
SPARES = (
    Sample("quota never used up", "quota /a 20000/100000 lately=0/10"),
    Sample("throttled long ago, not now", "quota /a 20000/100000 ever=900/9000 lately=0/10"),
    Sample("throttled before, no second sample", "quota /a 20000/100000 ever=900/1000"),
    Sample("two periods are chance", "quota /a 20000/100000 lately=2/2"),
    Sample("a small weight alone holds nobody", "quota /a 400000/100000 lately=0/10 weight=2"),
)
CPU_THROTTLED = Rule("cpu-throttled", conclude, MATCHES + starved.MATCHES, SPARES + starved.SPARES)
