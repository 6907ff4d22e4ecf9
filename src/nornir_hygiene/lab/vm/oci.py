"""What a container runtime is told of a container: a runtime specification as the Open Container Initiative has it."""

from typing import Any

from nornir_hygiene.models.frozen import Frozen

_NAMESPACES = ("pid", "ipc", "uts", "mount", "network", "cgroup")
_MOUNTS = (("/proc", "proc"), ("/dev", "tmpfs"), ("/run", "tmpfs"))
_CAPABILITIES = ("CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_NET_BIND_SERVICE")


class Volume(Frozen):
    """A volume of the pod: where it is mounted on the host, and where the container sees it."""

    source: str
    destination: str

    def told(self) -> dict[str, Any]:
        """As an entry among the mounts."""
        return {"destination": self.destination, "type": "bind", "source": self.source, "options": ["rbind", "rw"]}


class Spec(Frozen):
    """The few things our containers differ in. `cgroup` is a path, or `slice:prefix:id` for the systemd driver."""

    root: str
    args: tuple[str, ...]
    cgroup: str
    pids_limit: int
    volume: Volume | None = None

    def told(self) -> dict[str, Any]:
        """The content of `config.json`."""
        mounts = [{"destination": where, "type": fstype, "source": fstype} for where, fstype in _MOUNTS]
        return {
            "ociVersion": "1.0.2",
            "root": {"path": self.root},
            "process": {
                "user": {"uid": 0, "gid": 0},
                "args": list(self.args),
                "env": ["PATH=/bin"],
                "cwd": "/",
                "noNewPrivileges": True,
                "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), _CAPABILITIES),
            },
            "mounts": [*mounts, *([self.volume.told()] if self.volume else [])],
            "linux": {
                "cgroupsPath": self.cgroup,
                "resources": {"pids": {"limit": self.pids_limit}, "devices": [{"allow": False, "access": "rwm"}]},
                "namespaces": [{"type": name} for name in _NAMESPACES],
            },
        }
