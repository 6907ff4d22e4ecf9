"""CPU time and CPU quotas, looked at twice, each row carrying its path.

```
/proc/uptime:13342.77 13471.20
/proc/stat:cpu  749154 20943 310673 1347300 211694 0 5600 4535 0 0
/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us:20000
/sys/fs/cgroup/cpu/app/cpu.stat:nr_throttled 31
/sys/fs/cgroup/app.slice/cpu.max:50000 100000
```
"""

from collections import defaultdict
from typing import Literal

from nornir_hygiene.models.window import CpuQuota, CpuUse, Throttling
from nornir_hygiene.parse.fields import seconds, unsigned

# The longer one first: it lies below the other.
_ROOTS = ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup")
_FILES = ("cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares", "cpu.weight", "cpu.stat")
# Fields of the cpu line (proc(5)): idle is the fourth, iowait the fifth; behind steal is what user contains already.
_IDLE, _IOWAIT, _COUNTED = 3, 4, 8
_Files = dict[str, dict[str, str]]


def parse_cpu_use(before: list[str], after: list[str]) -> CpuUse | None:
    """None unless both samples have uptime and a cpu line, and time went on between them."""
    passed = seconds_between(before, after)
    first, second = _ticks(before), _ticks(after)
    if passed is None or first is None or second is None or sum(second) <= sum(first):
        return None
    total = sum(second) - sum(first)
    idle, iowait = second[_IDLE] - first[_IDLE], second[_IOWAIT] - first[_IOWAIT]
    return CpuUse(seconds=passed, idle_pct=_share(idle, total), iowait_pct=_share(iowait, total))


def seconds_between(before: list[str], after: list[str]) -> float | None:
    """By the uptime each sample begins with; None where there is none or it stood still."""
    first, second = _uptime(before), _uptime(after)
    passed = 0.0 if first is None or second is None else round(second - first, 2)
    return passed if passed > 0 else None


def parse_cpu_quotas(quotas: list[str], first: list[str], second: list[str]) -> tuple[CpuQuota, ...]:
    """Cgroups with a quota, sorted by path; one whose quota or period cannot be read is left out."""
    passed = seconds_between(first, second)
    files, again = _files(quotas + first), _files(second)
    made = (_quota(folder, files[folder], again.get(folder, {}), passed) for folder in sorted(files))
    return tuple(quota for quota in made if quota is not None)


def _uptime(lines: list[str]) -> float | None:
    start = "/proc/uptime:"
    text = next((line.removeprefix(start) for line in lines if line.startswith(start)), "")
    return seconds(text.split(" ")[0])


def _ticks(lines: list[str]) -> list[int] | None:
    start = "/proc/stat:cpu "
    text = next((line.removeprefix(start) for line in lines if line.startswith(start)), "")
    found = [number for number in map(unsigned, text.split()) if number is not None]
    return found[:_COUNTED] if len(found) >= _COUNTED else None


def _share(part: int, total: int) -> float:
    """iowait is allowed to go backwards (proc(5))."""
    return round(min(100.0, max(0.0, part * 100 / total)), 1)


def _files(lines: list[str]) -> _Files:
    """folder -> file -> value; of cpu.stat each field by its own name."""
    found: _Files = defaultdict(dict)
    for line in lines:
        for file in _FILES:
            folder, mark, value = line.partition(f"/{file}:")
            if mark:
                field, _, number = value.partition(" ")
                found[folder].setdefault(*((field, number) if file == "cpu.stat" else (file, value)))
                break
    return found


def _quota(folder: str, files: dict[str, str], again: dict[str, str], passed: float | None) -> CpuQuota | None:
    root = next((root for root in _ROOTS if folder.startswith(root + "/")), None)
    version: Literal[1, 2] = 2 if "cpu.max" in files else 1
    words = files["cpu.max"].split(" ") if version == 2 else [files.get(name, "") for name in _FILES[1:3]]
    quota, period = (unsigned(word) for word in words) if len(words) == 2 else (None, None)
    if root is None or not quota or not period:
        return None
    return CpuQuota(
        path=folder[len(root) :],
        version=version,
        quota_us=quota,
        period_us=period,
        weight=unsigned(files.get("cpu.shares" if version == 1 else "cpu.weight", "")),
        periods=unsigned(files.get("nr_periods", "")),
        throttled=unsigned(files.get("nr_throttled", "")),
        lately=_lately(files, again, passed),
    )


def _lately(files: dict[str, str], again: dict[str, str], passed: float | None) -> Throttling | None:
    pairs = [(unsigned(files.get(name, "")), unsigned(again.get(name, ""))) for name in ("nr_periods", "nr_throttled")]
    # A cgroup made anew under the same name counts from zero: no rate.
    if passed is None or any(one is None or two is None or two < one for one, two in pairs):
        return None
    (periods, periods_now), (throttled, throttled_now) = ((one or 0, two or 0) for one, two in pairs)
    return Throttling(
        seconds=passed,
        periods=periods_now - periods,
        throttled=throttled_now - throttled,
        throttled_ms=max(0.0, round(_held_ms(again) - _held_ms(files), 1)),
    )


def _held_ms(files: dict[str, str]) -> float:
    """v1 counts nanoseconds, v2 microseconds."""
    ns, us = unsigned(files.get("throttled_time", "")), unsigned(files.get("throttled_usec", ""))
    return ns / 1e6 if ns is not None else (us or 0) / 1e3
