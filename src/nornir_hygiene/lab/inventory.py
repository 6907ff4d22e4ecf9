"""The lab as a Nornir inventory: hosts.yaml, groups.yaml, defaults.yaml for SimpleInventory."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from nornir_hygiene.lab.model import Entry, HostSpec
from nornir_hygiene.lab.places import IDENTITY, INVENTORY_DIR, KNOWN_HOSTS
from nornir_hygiene.lab.roster import ALL_HOSTS

GROUPS = ("k8s-workers", "ceph", "clean", "unreachable", "tight", "vms")
DEFAULTS = {
    "username": "root",
    "port": 22,
    "data": {
        "nornir_hygiene": {
            "transport": "paramiko",
            "known_hosts": str(KNOWN_HOSTS),
            "identity_file": str(IDENTITY),
            # A lab's faults are seconds old; a fleet's are judged later.
            "thresholds": {
                "blocked_warning_s": 3,
                "zombie_warning_s": 3,
                "stopped_warning_s": 3,
                "stopped_job_info_s": 3,
                "traced_info_s": 3,
                "settled_s": 3,
                "outside_parent_info_s": 3,
                # CPUs and disks are shared by all hosts here: who else computes takes iowait away, who else reads
                # adds some.
                "iowait_min_pct": 5,
                "io_pressure_min_pct": 50,
                "io_min_mib_s": 10,
            },
        }
    },
}


def write(entries: tuple[Entry, ...], folder: Path = INVENTORY_DIR, *, vms: tuple[HostSpec, ...] = ()) -> None:
    """Write the three files: the six hosts, the virtual ones, then the entries beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    hosts: dict[str, Any] = {
        spec.name: {"hostname": spec.address, "groups": [spec.group]} for spec in (*ALL_HOSTS, *vms)
    }
    hosts |= {entry.name: _host(entry) for entry in entries}
    for name, content in (("hosts", hosts), ("groups", {group: {} for group in GROUPS}), ("defaults", DEFAULTS)):
        with (folder / f"{name}.yaml").open("w") as file:
            YAML().dump(content, file)


def _host(entry: Entry) -> dict[str, Any]:
    host: dict[str, Any] = {"hostname": entry.hostname, "groups": [entry.group]}
    if entry.port != 22:
        host["port"] = entry.port
    if entry.username != "root":
        host["username"] = entry.username
    if entry.data:
        host["data"] = {"nornir_hygiene": dict(entry.data)}
    return host
