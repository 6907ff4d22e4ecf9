"""Freezer cgroups of v1 and v2, looked at twice, each row carrying its path.

```
/sys/fs/cgroup/freezer/app/freezer.state:FROZEN
/sys/fs/cgroup/freezer/app/freezer.self_freezing:1
/sys/fs/cgroup/app.slice/cgroup.freeze:1
/sys/fs/cgroup/app.slice/cgroup.events:frozen 1
```
"""

from collections import defaultdict

from nornir_hygiene.models.cgroup import Freezer

# The longer ones first: all of them lie below /sys/fs/cgroup.
_ROOTS = ("/sys/fs/cgroup/freezer", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
_FILES = ("freezer.state", "freezer.self_freezing", "cgroup.freeze", "cgroup.events")


def parse_freezers(lines: list[str], again: list[str]) -> tuple[Freezer, ...]:
    """Freezers sorted by path; one without a readable state is left out. FREEZING is not yet frozen."""
    second = _files(again)
    made = (_freezer(folder, files, second.get(folder)) for folder, files in sorted(_files(lines).items()))
    return tuple(freezer for freezer in made if freezer is not None)


def _files(lines: list[str]) -> dict[str, dict[str, str]]:
    """folder -> file -> value; of cgroup.events only the line `frozen N`."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in lines:
        for file in _FILES:
            folder, mark, value = line.partition(f"/{file}:")
            if mark and (file != "cgroup.events" or value.startswith("frozen ")):
                found[folder].setdefault(file, value.strip())
                break
    return found


def _freezer(folder: str, files: dict[str, str], again: dict[str, str] | None) -> Freezer | None:
    root = next((root for root in _ROOTS if folder.startswith(root + "/")), None)
    frozen = _is_frozen(files)
    if root is None or frozen is None:
        return None
    return Freezer(
        path=folder[len(root) :],
        version=1 if "freezer.state" in files else 2,
        frozen=frozen,
        own="1" in (files.get("freezer.self_freezing"), files.get("cgroup.freeze")),
        again=_is_frozen(again) if again else None,
    )


def _is_frozen(files: dict[str, str]) -> bool | None:
    if "freezer.state" in files:
        return files["freezer.state"] == "FROZEN"
    return files["cgroup.events"] == "frozen 1" if "cgroup.events" in files else None
