"""Each parser as text -> plain data, for the recorded cases and the property tests."""

import dataclasses
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from nornir_hygiene.parse.ceph import (
    parse_blocked_by,
    parse_ceph_health,
    parse_ceph_status,
    parse_osd_dump,
    parse_osd_tree,
    parse_pg_sums,
)
from nornir_hygiene.parse.cpu import parse_cpu_quotas, parse_cpu_use
from nornir_hygiene.parse.devices import (
    parse_block_devices,
    parse_ceph_clients,
    parse_cmdlines,
    parse_fuse_connections,
    parse_mounts,
    parse_nodes,
    parse_rbd_sysfs,
)
from nornir_hygiene.parse.facts import parse_facts
from nornir_hygiene.parse.freezers import parse_freezers
from nornir_hygiene.parse.hung_tasks import parse_hung_reports, parse_lock_owners
from nornir_hygiene.parse.io import parse_io_use
from nornir_hygiene.parse.names import parse_pod_names
from nornir_hygiene.parse.osd import parse_ops
from nornir_hygiene.parse.osdc import parse_osdc
from nornir_hygiene.parse.pids import parse_pids
from nornir_hygiene.parse.ps import parse_ps
from nornir_hygiene.parse.shares import parse_cpu_shares
from nornir_hygiene.parse.stat import parse_stat
from nornir_hygiene.parse.suspects import (
    parse_cgroup_paths,
    parse_clocks,
    parse_cwds,
    parse_exec_start_now,
    parse_fds,
    parse_on_cpu,
    parse_tasks,
)

PARSERS: dict[str, Callable[[list[str]], Any]] = {
    "ps": parse_ps,
    "stat": parse_stat,
    "tasks": parse_tasks,
    "exec_start": parse_exec_start_now,
    "cgroup_paths": parse_cgroup_paths,
    "fds": parse_fds,
    "cwds": parse_cwds,
    "fuse_connections": parse_fuse_connections,
    "on_cpu": parse_on_cpu,
    "clocks": parse_clocks,
    "lock_owners": parse_lock_owners,
    "hung_reports": parse_hung_reports,
    "freezers": lambda lines: parse_freezers(lines[: len(lines) // 2], lines[len(lines) // 2 :]),
    "pod_names": parse_pod_names,
    "cpu_use": lambda lines: parse_cpu_use(lines[: len(lines) // 2], lines[len(lines) // 2 :]),
    "cpu_quotas": lambda lines: parse_cpu_quotas(*cut_at(lines, "cpu", "cpu-again")),
    "cpu_shares": lambda lines: parse_cpu_shares(*cut_at(lines, "shares-again")),
    "io_use": lambda lines: io_use(*cut_at(lines, "io-after", "io-top", "io-cgroup")),
    "pids": lambda lines: parse_pids(lines, "/sys/fs/cgroup/pids"),
    "nodes": parse_nodes,
    "block_devices": lambda lines: parse_block_devices(lines, parse_nodes(lines)),
    "mounts": parse_mounts,
    "rbd_sysfs": lambda lines: parse_rbd_sysfs(lines, lines),
    "cmdlines": parse_cmdlines,
    "ceph_clients": parse_ceph_clients,
    "ceph_status": parse_ceph_status,
    "ceph_health": parse_ceph_health,
    "osd_dump": parse_osd_dump,
    "osd_tree": parse_osd_tree,
    "blocked_by": parse_blocked_by,
    "pg_sums": parse_pg_sums,
    "ops": parse_ops,
    "osdc": parse_osdc,
    "facts": lambda lines: parse_facts(lines, lines, lines, "v1"),
}


def cut_at(lines: list[str], *names: str) -> list[list[str]]:
    """The parts of a text that a line `@name` begins, each; the first part has none. Any text has all of them."""
    parts: dict[str, list[str]] = {name: [] for name in ("", *names)}
    current = parts[""]
    for line in lines:
        name = line.removeprefix("@")
        if line.startswith("@") and name in parts:
            current = parts[name]
        else:
            current.append(line)
    return list(parts.values())


def io_use(before: list[str], after: list[str], top: list[str], cgroups: list[str]) -> Any:
    return parse_io_use(before, after, top, parse_cgroup_paths(cgroups))


def plain(value: Any) -> Any:
    """What JSON can hold: models, rows and dates become objects, lists and text."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value))
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
