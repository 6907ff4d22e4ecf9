"""Who shares CPUs that somebody waits for: cgroups (v2) looked at twice, each row carrying its path.

```
/proc/uptime:1198.60 2061.26
/proc/stat:cpu  7491 209 3106 13473 2116 0 56 45 0 0
/sys/fs/cgroup/app.slice/cpu.weight:1
/sys/fs/cgroup/app.slice/cpu.stat:usage_usec 293323
/sys/fs/cgroup/app.slice/cpu.pressure:full avg10=39.63 avg60=8.14 avg300=1.74 total=6780188
```
"""

from collections import defaultdict

from nornir_hygiene.models.window import CpuShare, CpuShares
from nornir_hygiene.parse.cpu import parse_cpu_use
from nornir_hygiene.parse.fields import unsigned

_ROOT = "/sys/fs/cgroup"
# File, and what stands before its number.
_FILES = {"cpu.weight": "", "cpu.stat": "usage_usec ", "cpu.pressure": "full "}
_Numbers = dict[str, int]


def parse_cpu_shares(first: list[str], second: list[str]) -> CpuShares | None:
    """None without two samples of the CPUs; cgroups sorted by path, without those that do not share by weight."""
    cpu = parse_cpu_use(first, second)
    if cpu is None:
        return None
    before, after = _groups(first), _groups(second)
    made = (_share(path, before[path], after.get(path, {}), cpu.seconds) for path in sorted(before))
    return CpuShares(cpu=cpu, groups=tuple(share for share in made if share is not None))


def _groups(lines: list[str]) -> dict[str, _Numbers]:
    """path -> file -> its one number; of cpu.pressure the total, in microseconds."""
    found: dict[str, _Numbers] = defaultdict(dict)
    for line in lines:
        for file, start in _FILES.items():
            path, mark, text = line.partition(f"/{file}:{start}")
            number = unsigned(text.rpartition(" total=")[2])
            if mark and number is not None and path.startswith(_ROOT + "/"):
                found[path[len(_ROOT) :]].setdefault(file, number)
    return found


def _share(path: str, before: _Numbers, after: _Numbers, passed: float) -> CpuShare | None:
    weight, used = before.get("cpu.weight"), _grown_pct("cpu.stat", before, after, passed)
    if weight is None or used is None:
        return None
    starved = _grown_pct("cpu.pressure", before, after, passed)
    return CpuShare(
        path=path, weight=weight, used_pct=used, starved_pct=None if starved is None else min(100.0, starved)
    )


def _grown_pct(file: str, before: _Numbers, after: _Numbers, passed: float) -> float | None:
    """None where it is not in both; a cgroup made anew under the same name counts from zero: no rate."""
    if file not in before or file not in after or after[file] < before[file]:
        return None
    return round((after[file] - before[file]) / passed / 1e4, 1)
