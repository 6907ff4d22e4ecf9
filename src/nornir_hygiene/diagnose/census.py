"""Counts by owner, of a host that may be well: what a trend is made of."""

from collections import Counter
from collections.abc import Iterator

from nornir_hygiene.diagnose.containers import cgroup_of, origin_of
from nornir_hygiene.diagnose.rules.orphans import is_orphan
from nornir_hygiene.diagnose.rules.pid_space import pid_space
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.census import Census, LimitUse, OwnerCounts, WaitCount

OWNERS_KEPT = 20
LIMITS_KEPT = 20
WAITS_KEPT = 10
# The sum of those after them.
OTHER_WAITS = "others"
# What is used less than this has a long way to go, and a host has hundreds of such limits.
LIMIT_FROM_PCT = 10.0


def census_of(scene: Scene) -> Census:
    """Whoever has anything to count; the most first."""
    zombies, orphans, blocked = Counter(_zombies(scene)), Counter(_orphans(scene)), Counter(_blocked(scene))
    together = zombies + orphans + blocked
    most = sorted(together, key=lambda owner: (-together[owner], owner))[:OWNERS_KEPT]
    return Census(
        processes=len(scene.processes),
        zombies=zombies.total(),
        orphans=orphans.total(),
        blocked=blocked.total(),
        owners=tuple(
            OwnerCounts(owner=owner, zombies=zombies[owner], orphans=orphans[owner], blocked=blocked[owner])
            for owner in most
        ),
        limits=tuple(_limits(scene)),
        waits=tuple(_waits(scene)),
    )


def owner_of(task: Task | None) -> str:
    """`kuryr-daemon of kuryr.service`. Kernel threads are one owner: their names carry numbers."""
    if task is None:
        return "nobody seen"
    if task.process.kernel_thread:
        return "the kernel"
    return f"{task.process.comm} of {origin_of(cgroup_of(task.suspect))}"


def _zombies(scene: Scene) -> Iterator[str]:
    for process in scene.processes.values():
        if process.state == "Z":
            yield owner_of(scene.leader(process.ppid))


def _orphans(scene: Scene) -> Iterator[str]:
    for process in scene.processes.values():
        if is_orphan(scene, process):
            yield owner_of(scene.leader(process.pid))


def _blocked(scene: Scene) -> Iterator[str]:
    for task in scene.blocked:
        yield owner_of(scene.leader(task.process.pid))


def _limits(scene: Scene) -> Iterator[LimitUse]:
    space = pid_space(scene.snapshot.facts)
    if space:
        yield LimitUse(name=space.name, used=space.used, limit=space.limit)
    used = [
        LimitUse(name=group.path, used=group.current, limit=group.limit)
        for group in scene.snapshot.pids_cgroups
        if group.limit and group.current * 100 >= group.limit * LIMIT_FROM_PCT
    ]
    yield from sorted(used, key=lambda one: (-one.used / one.limit, one.name))[:LIMITS_KEPT]


def _waits(scene: Scene) -> Iterator[WaitCount]:
    """Frozen tasks do not count as load, whatever letter they show."""
    counts = Counter(task.wait.name for task in scene.blocked if task.wait.waits_for != "freezer")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from (WaitCount(wait=wait, tasks=tasks) for wait, tasks in ordered[:WAITS_KEPT])
    if rest := sum(tasks for _, tasks in ordered[WAITS_KEPT:]):
        yield WaitCount(wait=OTHER_WAITS, tasks=rest)
