"""The probe's `host`, `own-cgroup` and `kernel` sections to host facts.

```
boot_id 19893f52-413c-49e3-9e32-305d57eb4a65
loadavg 0.24 0.35 0.17 1/101 459
/proc/stat:btime 1795289032
```
"""

import re
from datetime import UTC, datetime
from typing import cast, get_args

from nornir_hygiene.models.cgroup import CgroupLayout
from nornir_hygiene.models.host import HostFacts
from nornir_hygiene.parse.fields import seconds, unsigned

_BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse_facts(host: list[str], kernel: list[str], own_cgroup: list[str], layout: str) -> HostFacts | None:
    """None where not even boot_id or uptime came: without them nothing on the host has an identity."""
    pairs = dict(line.split(" ", 1) for line in host if " " in line)
    boot_id = pairs.get("boot_id", "")
    uptime = seconds((pairs.get("uptime") or "x").split(" ")[0])
    if not _BOOT_ID.fullmatch(boot_id) or uptime is None:
        return None
    load, running, total = _loadavg(pairs.get("loadavg", ""))
    counters = dict(line.removeprefix("/proc/stat:").split(" ", 1) for line in kernel if _is_counter(line))
    return HostFacts(
        boot_id=boot_id,
        kernel=pairs.get("kernel", ""),
        hostname=pairs.get("hostname", ""),
        uptime_s=uptime,
        load=load,
        tasks_running=running,
        tasks_total=total,
        boot_time=_moment(counters.get("btime", "")),
        procs_blocked=unsigned(counters.get("procs_blocked", "")),
        cpus=cpu_count(pairs.get("cpus", "")),
        pid_max=_sysctl(kernel, "pid_max"),
        threads_max=_sysctl(kernel, "threads-max"),
        uid=unsigned((pairs.get("uid", "").split() or [""])[-1]),
        shell_pid=unsigned(pairs.get("shell_pid", "")),
        cgroup_layout=_layout(layout),
        own_cgroups=tuple(line.removeprefix("self:") for line in own_cgroup if line.startswith("self:")),
    )


def cpu_count(text: str) -> int | None:
    """A list of CPUs as the kernel prints it: `0-3,8-11` is 8; None where it is not one."""
    total = 0
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        low = unsigned(first)
        high = unsigned(last) if dash else low
        if low is None or high is None or not low <= high < 65536:
            return None
        total += high - low + 1
    return total


def _layout(text: str) -> CgroupLayout:
    return cast("CgroupLayout", text) if text in get_args(CgroupLayout) else "none"


def _sysctl(lines: list[str], name: str) -> int | None:
    start = f"/proc/sys/kernel/{name}:"
    return next((unsigned(line.removeprefix(start)) for line in lines if line.startswith(start)), None)


def _is_counter(line: str) -> bool:
    return line.startswith("/proc/stat:") and " " in line


def _moment(text: str) -> datetime | None:
    number = unsigned(text)
    # Year 2200: anything later is not a boot time and would overflow on the way to a date.
    return datetime.fromtimestamp(number, UTC) if number is not None and number < 7_258_118_400 else None


def _loadavg(text: str) -> tuple[tuple[float, float, float] | None, int | None, int | None]:
    words = text.split()
    loads = [seconds(word) for word in words[:3]]
    if len(words) < 4 or None in loads:
        return None, None, None
    running, _, total = words[3].partition("/")
    one, five, fifteen = (load or 0.0 for load in loads)
    return (one, five, fifteen), unsigned(running), unsigned(total)
