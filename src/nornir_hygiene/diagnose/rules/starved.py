"""A container that wants CPU and gets hardly any: busy neighbours outweigh it. No quota holds it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nornir_hygiene.diagnose.containers import ancestors_of, container_of, is_below, origin_of
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Scene, Told
from nornir_hygiene.diagnose.tasks import facts
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Finding, Severity, Subject
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.window import CpuShare

# Of one CPU: who uses less takes it from nobody.
_BUSY_PCT = 10.0
_NAMED = 3
RESTORES = (
    "A higher weight (the CPU request of the pod, CPUWeight= of the unit), or less hungry neighbours: a CPU limit for "
    "them, another node for one of them. A higher limit of its own changes nothing: no quota holds it."
)
_Groups = dict[str, CpuShare]


class Fight(NamedTuple):
    """The cgroup that loses the CPU, `starved` itself or one above, and the siblings that win it there."""

    loser: CpuShare
    winners: tuple[CpuShare, ...]
    starved: CpuShare

    @property
    def share_pct(self) -> float:
        """What the weights leave the loser while the winners are busy."""
        return self.loser.weight * 100 / max(1, self.loser.weight + _weight(self.winners))


def by_weight(scene: Scene, held: Iterable[str]) -> Iterator[Finding]:
    """One finding per cgroup that loses; who is below, above or in one that its quota holds is told with that."""
    shares = scene.snapshot.cpu_shares
    groups = {share.path: share for share in shares.groups} if shares else {}
    lost: dict[str, list[Fight]] = defaultdict(list)
    for share in groups.values():
        by_quota = any(is_below(share.path, path) or is_below(path, share.path) for path in held)
        if (share.starved_pct or 0.0) >= scene.thresholds.starved_info_pct and not by_quota:
            fight = _fight(groups, share, scene.thresholds)
            if fight is not None:
                lost[fight.loser.path].append(fight)
    for _, fights in sorted(lost.items()):
        innermost = _innermost(fights)
        worst = max(innermost, key=_hunger)
        yield scene.finding("cpu-throttled", _severity(worst, scene.thresholds), _told(scene, worst, innermost))


def _fight(groups: _Groups, starved: CpuShare, limits: Thresholds) -> Fight | None:
    """Where on its way up it loses most; none if each level leaves it enough."""
    chain = [groups[path] for path in (starved.path, *ancestors_of(starved.path)) if path in groups]
    if any(one.weight == 0 for one in chain):
        return None  # cpu.idle: somebody asked for exactly this
    fights = [Fight(one, tuple(_winners(groups, one)), starved) for one in chain]
    worst = min((fight for fight in fights if fight.winners), key=lambda fight: fight.share_pct, default=None)
    return worst if worst is not None and worst.share_pct <= limits.starved_share_pct else None


def _winners(groups: _Groups, loser: CpuShare) -> list[CpuShare]:
    """The busy siblings of more weight, if most of what all siblings use is theirs."""
    above = _above(loser.path)
    siblings = [share for path, share in groups.items() if _above(path) == above and share != loser]
    heavier = [share for share in siblings if share.weight > loser.weight and share.used_pct >= _BUSY_PCT]
    return heavier if _used(heavier) * 2 >= _used(siblings) else []


def _innermost(fights: list[Fight]) -> list[Fight]:
    """Of a pod and its container only the container: they starve together."""
    paths = [fight.starved.path for fight in fights]
    return [one for one in fights if sum(is_below(path, one.starved.path) for path in paths) == 1]


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _weight(shares: Iterable[CpuShare]) -> int:
    return sum(share.weight for share in shares)


def _used(shares: Iterable[CpuShare]) -> float:
    return sum(share.used_pct for share in shares)


def _hunger(fight: Fight) -> float:
    return fight.starved.starved_pct or 0.0


def _severity(fight: Fight, limits: Thresholds) -> Severity:
    return Severity.WARNING if _hunger(fight) >= limits.starved_warning_pct else Severity.INFO


def _told(scene: Scene, worst: Fight, fights: list[Fight]) -> Told:
    loser, starved = worst.loser, worst.starved
    names = _names(worst.winners)
    return Told(
        subject=Subject(sort="cgroup", name=loser.path),
        summary=(
            f"{origin_of(starved.path)} wants CPU and gets {_cpus(starved.used_pct)}: {_hunger(worst):.0f} % of the "
            f"time none of it ran. Its weight loses to {names} ({loser.weight} to {_weight(worst.winners)})."
        ),
        evidence=Evidence(facts=_facts(scene, worst, fights)),
        cause=Cause(
            name=f"CPU weight {loser.weight} of {loser.path} beside {names}",
            established=True,
            because=(
                f"by cpu.pressure it wanted to run and none of it did for {_hunger(worst):.0f} % of the time, while "
                f"siblings of weight {_weight(worst.winners)} against its {loser.weight} used "
                f"{_cpus(_used(worst.winners))}; no quota held it"
            ),
        ),
        restores=RESTORES,
        container=str(container_of(loser.path)),
    )


def _names(winners: Iterable[CpuShare]) -> str:
    busiest = [origin_of(share.path) for share in sorted(winners, key=lambda share: (-share.used_pct, share.path))]
    more = f" and {len(busiest) - _NAMED} more" if len(busiest) > _NAMED else ""
    return " and ".join(busiest[:_NAMED]) + more


def _cpus(used_pct: float) -> str:
    return f"{used_pct / 100:.2f} CPU"


def _facts(scene: Scene, worst: Fight, fights: list[Fight]) -> tuple[Fact, ...]:
    use = scene.snapshot.cpu_shares.cpu if scene.snapshot.cpu_shares else None
    winners = sorted(worst.winners, key=lambda share: (-share.used_pct, share.path))[:5]
    hungry = sorted(fights, key=lambda fight: (-_hunger(fight), fight.starved.path))[:5]
    return facts(
        ("weight", f"{worst.loser.weight} (cpu.weight, 100 is normal)"),
        ("share of the CPU by weight", f"{worst.share_pct:.1f} %"),
        ("used", _cpus(worst.loser.used_pct)),
        *((f"used by {origin_of(one.path)}", f"{_cpus(one.used_pct)}, weight {one.weight}") for one in winners),
        *((f"none of {origin_of(fight.starved.path)} ran", f"{_hunger(fight):.0f} % of the time") for fight in hungry),
        ("starved cgroups in it", len(fights)),
        ("between two samples, s", f"{use.seconds:.1f}" if use else None),
        ("CPUs idle meanwhile", f"{use.idle_pct + use.iowait_pct:.0f} %" if use else None),
        ("state of its tasks", "R while they wait, not D: the load average counts them as running"),
    )


_A, _B = (f"/kubepods/burstable/pod{digit * 8}-89ab-cdef-0123-456789abcdef" for digit in "12")
_HUNGRY = f"share {_A} 1 used=2 starved=97\n"
_HEAVY = f"share {_B} 100 used=190\n"
MATCHES = (
    Sample("a pod of weight 1 beside a hungry one", _HUNGRY + _HEAVY),
    Sample(
        "a starved pod with its container is one", _HUNGRY + _HEAVY + f"share {_A}/{'4f' * 32} 100 used=2 starved=97"
    ),
    Sample(
        "two pods below one cgroup that loses are one",
        "share /kubepods/besteffort 1 used=3\nshare /kubepods/burstable 70 used=390\n"
        "share /kubepods/besteffort/a 1 used=2 starved=98\nshare /kubepods/besteffort/b 1 used=1 starved=99",
    ),
    Sample("a unit beside a heavy one", "share /a.slice 10 used=9 starved=88\nshare /b.slice 1000 used=97"),
    Sample("half of the time: info", f"share {_A} 10 used=20 starved=60\n" + _HEAVY),
    Sample("held by its quota now and then is not why", _HUNGRY + _HEAVY + f"quota {_A} 200000/100000 lately=0/10"),
)
SPARES = (
    Sample("a small weight where CPU is left", f"share {_A} 1 used=60 starved=8\n" + _HEAVY),
    Sample("equal neighbours share a busy CPU", f"share {_A} 100 used=33 starved=66\n" + _HEAVY),
    Sample("twice the weight is no starvation", f"share {_A} 50 used=33 starved=66\n" + _HEAVY),
    Sample("heavy neighbours that are idle", _HUNGRY + f"share {_B} 100 used=4"),
    Sample("an equal one uses it, not the heavy one", _HUNGRY + f"share {_B} 100 used=20\nshare {_A}f 1 used=170"),
    Sample("somebody asked for idle time only", f"share {_A} 0 used=1 starved=99\n" + _HEAVY),
    Sample("no longer so in the second sample", f"share {_A} 1 used=70\n" + _HEAVY),
    Sample("a starved one alone", _HUNGRY),
)
