"""A pids cgroup that is full: forks and new threads fail, and nobody gets into the container."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.containers import ancestors_of, cgroup_of, container_of, is_below, origin_of
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.zombie_parent import ZombieGroup, groups
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import facts, shown
from nornir_hygiene.models.cgroup import PidsCgroup
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Severity, Subject

# A unit with TasksMax=1 that runs its one task is full by design; only a refused fork makes such a limit a problem.
SMALL_BY_DESIGN = 16
RESTORES = (
    "Fewer tasks first: reap the zombies through their parent, end the leak, restart the owner. Raising this limit "
    "helps only if no ancestor binds as tightly, and only until the leak fills it again."
)


def conclude(scene: Scene, _explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per chain of full cgroups: the one that binds."""
    return tuple(_conclusions(scene))


def _conclusions(scene: Scene) -> Iterator[Conclusion]:
    known = {cgroup.path: cgroup for cgroup in scene.snapshot.pids_cgroups}
    bad = {
        path: severity
        for path, cgroup in known.items()
        if (severity := _severity(cgroup, scene.thresholds.pids_warning_pct))
    }
    serious = {path: known[path] for path, severity in bad.items() if severity is not Severity.INFO}
    # What may be full by design is worth a word only where its chain has no other trouble.
    chains = serious.keys() | {above for path in serious for above in ancestors_of(path)}
    alone = {path: known[path] for path in bad if path not in chains and serious.keys().isdisjoint(ancestors_of(path))}
    for cgroup in (*_binding(serious), *_binding(alone)):
        told = _told(scene, cgroup, [known[path] for path in ancestors_of(cgroup.path) if path in known])
        yield Conclusion(scene.finding("pids-cgroup-saturated", bad[cgroup.path], told))


def _severity(cgroup: PidsCgroup, warning_pct: float) -> Severity | None:
    """Refusals are counted since the cgroup was made, so they count only while it is nearly full."""
    if cgroup.limit is None or cgroup.current <= 0 or cgroup.current * 100 < cgroup.limit * warning_pct:
        return None
    if cgroup.refused:
        return Severity.CRITICAL
    if cgroup.limit <= SMALL_BY_DESIGN:
        return Severity.INFO if cgroup.refused is None else None
    return Severity.CRITICAL if cgroup.free == 0 else Severity.WARNING


def _binding(full: dict[str, PidsCgroup]) -> Iterator[PidsCgroup]:
    """The tightest of each chain: of equally tight ones the ancestor, because more room below it would not help."""
    tightest_below: dict[str, int] = {}
    for path, cgroup in full.items():
        for above in ancestors_of(path):
            tightest_below[above] = min(cgroup.free or 0, tightest_below.get(above, cgroup.free or 0))
    for path, cgroup in full.items():
        free = cgroup.free or 0
        above_free = [full[above].free or 0 for above in ancestors_of(path) if above in full]
        if all(other > free for other in above_free) and tightest_below.get(path, free) >= free:
            yield cgroup


def _told(scene: Scene, cgroup: PidsCgroup, above: list[PidsCgroup]) -> Told:
    container, inside = container_of(cgroup.path), _zombies_below(scene, cgroup.path)
    zombies = sum(len(group.zombies) for group in inside)
    parents = [group.parent for group in inside if group.parent]
    where = str(container) or origin_of(cgroup.path)
    fails = "every fork and new thread fails" if cgroup.free == 0 else f"{cgroup.free} more fit"
    return Told(
        subject=Subject(sort="cgroup", name=cgroup.path),
        summary=f"{where} uses {cgroup.current} of {cgroup.limit} process ids: {fails}.",
        evidence=Evidence(
            tasks=shown(parents, {parent.key: "parent of zombies" for parent in parents}),
            task_count=len(parents),
            facts=_facts(cgroup, above, zombies),
        ),
        cause=_cause(scene, cgroup, inside, zombies),
        restores=RESTORES,
        container=str(container),
    )


def _facts(cgroup: PidsCgroup, above: list[PidsCgroup], zombies: int) -> tuple[Fact, ...]:
    limited = [other for other in above if other.limit is not None]
    return facts(
        ("tasks (threads and zombies)", cgroup.current),
        ("limit", cgroup.limit),
        ("free", cgroup.free),
        ("peak", cgroup.peak),
        ("forks refused since it was made", cgroup.refused),
        ("zombies among them", zombies or None),
        *((f"limit above, {other.path}", f"{other.current} of {other.limit}") for other in limited[:10]),
    )


def _zombies_below(scene: Scene, path: str) -> list[ZombieGroup]:
    """By the parent's cgroup: a zombie itself shows `/` on v1."""
    return [
        group
        for group in groups(scene)
        if group.parent and (where := cgroup_of(group.parent.suspect, "pids")) and is_below(where, path)
    ]


def _cause(scene: Scene, cgroup: PidsCgroup, inside: list[ZombieGroup], zombies: int) -> Cause:
    if zombies * 2 >= cgroup.current and inside:
        worst = max(inside, key=lambda group: (len(group.zombies), -group.ppid))
        return Cause(
            name=f"zombies of {scene.process_subject(worst.ppid).name}",
            established=True,
            because=f"{zombies} of {cgroup.current} tasks are zombies; they count until reaped (since 4.18)",
        )
    return Cause(
        name=f"limit {cgroup.limit} of {cgroup.path}",
        established=cgroup.free == 0,
        because=f"pids.current is {cgroup.current}, pids.max {cgroup.limit}; no cgroup of its chain is tighter",
        missing="" if cgroup.free == 0 else "who fills it: compare with the next audit",
    )


_POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice"
MATCHES = (
    Sample("a full unit", "pids /system.slice/app.service 100 100 refused=7"),
    Sample("a nearly full one", "pids /system.slice/app.service 95 100 refused=0"),
    Sample("a full pod, its container below has no limit", f"pids {_POD} 100 100\npids {_POD}/x.scope 99 max"),
    Sample("a chain of full ones is one finding", "pids /a 100 100\npids /a/b 100 100\npids /a/b/c 99 100"),
    Sample("a full child below a nearly full parent", "pids /a 95 100\npids /a/b 50 50"),
    Sample("a small limit that refused a fork", "pids /system.slice/one.service 1 1 refused=1"),
)
SPARES = (
    Sample("half full", "pids /system.slice/app.service 50 100"),
    Sample("refusals of long ago, room now", "pids /system.slice/app.service 50 100 refused=900"),
    Sample("no limit", "pids /system.slice/app.service 5000 max"),
    Sample("one task allowed and one running, by design", "pids /system.slice/one.service 1 1 refused=0"),
    Sample("nothing inside", "pids /system.slice/none.service 0 0"),
)
PIDS_CGROUP_SATURATED = Rule("pids-cgroup-saturated", conclude, MATCHES, SPARES)
