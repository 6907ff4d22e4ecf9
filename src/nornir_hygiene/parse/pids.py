"""The pids controller's files, each row carrying its path.

```
/sys/fs/cgroup/pids/system.slice/pids.max:4915
/sys/fs/cgroup/pids/system.slice/pids.events:max 3
```
"""

from collections import defaultdict

from nornir_hygiene.models.cgroup import PidsCgroup
from nornir_hygiene.parse.fields import unsigned

_FILES = ("pids.current", "pids.max", "pids.peak", "pids.events")


def parse_pids(lines: list[str], root: str) -> tuple[PidsCgroup, ...]:
    """Cgroups below the mount `root`, sorted by path; one without a readable current is left out."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in lines:
        for file in _FILES:
            folder, mark, value = line.partition(f"/{file}:")
            if mark and folder.startswith(root):
                found[folder[len(root) :] or "/"].setdefault(file, value)
                break
    made = (_cgroup(path, files) for path, files in sorted(found.items()))
    return tuple(cgroup for cgroup in made if cgroup is not None)


def _cgroup(path: str, files: dict[str, str]) -> PidsCgroup | None:
    current = unsigned(files.get("pids.current", ""))
    limit = files.get("pids.max", "max").strip()
    if current is None or (limit != "max" and unsigned(limit) is None):
        return None
    events = files.get("pids.events", "").split()
    return PidsCgroup(
        path=path,
        current=current,
        limit=unsigned(limit),
        peak=unsigned(files.get("pids.peak", "")),
        refused=unsigned(events[1]) if len(events) == 2 and events[0] == "max" else None,
    )
