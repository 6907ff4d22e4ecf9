"""Which block device a task waits for: every name a device goes by, and the rules that lead from a task to it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nornir_hygiene.diagnose.containers import cgroup_of, container_of
from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.host import BlockDevice, Mount, RbdDevice, Snapshot

# Names block drivers give their nodes; anything else below /dev (tty, null, fuse, …) is a character device.
_BLOCK_NODE = re.compile(
    r"^/dev/(?:(?:rbd|nbd|loop|ram|sr|md|dm-|bcache|drbd|zd|mmcblk|pmem|zram)\d|nvme\d+n\d|(?:sd|vd|xvd|hd|dasd)[a-z]|mapper/(?!control$))"
)
_PARTITION = re.compile(r"^(?:((?:sd|vd|xvd|hd)[a-z]+)\d+|((?:nvme\d+n|mmcblk|loop|rbd|nbd|md|pmem)\d+)p\d+)$")
# comm is cut to 15 bytes in old kernels, so the `-8` of `jbd2/nvme0n1p2-8` may be gone.
_THREAD_NAMES = (
    re.compile(r"^jbd2/(?P<name>.+?)(?:-\d*)?$"),
    re.compile(r"^xfs[a-z]*(?:-[a-z]+)?/(?P<name>[^/]+)$"),
    re.compile(r"flush-(?P<maj_min>\d+:\d+)$"),
    re.compile(r"^(?:kdmflush|dmcrypt_write)/(?P<maj_min>\d+:\d+)$"),
    # Work queues of XFS (xfs-conv/%s, xfs-buf/%s) and of direct I/O (dio/%s) carry the name of the device.
    re.compile(r"^kworker/.*\+(?:xfs-[a-z]+|dio)/(?P<name>[^/]+)$"),
    re.compile(r"^kworker/.*[+-](?P<name>(?:loop|nbd|rbd)\d+)(?:-.*)?$"),
    re.compile(r"^(?P<name>(?:loop|nbd|rbd|md)\d+)(?:[-_].*)?$"),
)


# Below these no file of a block device is found, even where only `/` is in the mount table.
_PSEUDO = ("/dev/", "/proc/", "/sys/", "/run/", "/memfd:", "/[aio]", "/SYSV")


@dataclass(frozen=True)
class Device:
    """A block device by its kernel name; `rbd` is set only where it is proven to be an rbd image."""

    name: str
    block: BlockDevice | None = None
    rbd: RbdDevice | None = None

    @property
    def in_flight(self) -> int:
        """Requests handed to it and not completed; 0 also when not known."""
        return sum(self.block.in_flight) if self.block and self.block.in_flight else 0

    @property
    def busy(self) -> bool:
        """Whether it owes somebody something: a suspended one holds back what is not even counted as in flight."""
        return self.in_flight > 0 or bool(self.block and self.block.suspended)


@dataclass(frozen=True)
class DeviceIndex:
    """All devices of a snapshot, found by node path, kernel name or MAJ:MIN, and the mounts upon them."""

    by_name: dict[str, Device] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot) -> "DeviceIndex":
        """An rbd device and the loop device below it share MAJ:MIN: they are one, under the rbd's name."""
        names: dict[str, Device] = {}
        rbds = {rbd.maj_min: rbd for rbd in reversed(snapshot.rbd_devices) if rbd.maj_min}
        for block in snapshot.block_devices:
            rbd = rbds.get(block.maj_min) or _rbd_by_node(snapshot.rbd_devices, block)
            device = Device(_short(rbd.device) if rbd else block.name, block, rbd)
            for name in (block.name, block.maj_min, *map(_short, block.nodes)):
                names.setdefault(name, device)
        for rbd in snapshot.rbd_devices:
            known = names.get(rbd.maj_min) or names.get(_short(rbd.device))
            device = known if known and known.rbd else Device(_short(rbd.device), known.block if known else None, rbd)
            names.update({name: device for name in (_short(rbd.device), rbd.maj_min) if name})
        names.update(_over_rbd(snapshot.block_devices, cls(dict(names))))
        return cls(names, tuple(sorted(snapshot.mounts, key=lambda mount: (-len(mount.point), mount.point))))

    def named(self, name: str) -> Device:
        """By kernel name, node path or MAJ:MIN; a partition is its whole disk, an unlisted one is made up by name."""
        short = _short(name)
        if short in self.by_name:
            return self.by_name[short]
        match = _PARTITION.match(short)
        whole = match and (match[1] or match[2])
        return self.by_name.get(whole, Device(whole)) if whole else Device(short)

    def opened(self, task: Task) -> tuple[Device, ...]:
        """Block devices it has open as such."""
        nodes = (link.target for link in task.suspect.fds if self._is_node(link.target)) if task.suspect else ()
        return _each(self.named(node) for node in nodes)

    def below_files(self, task: Task) -> tuple[Device, ...]:
        """Block devices below the files it has open (the longest mount point that leads to each file).

        The paths are those of its own mounts. In a pod each of them may as well lie on one of the pod's volumes.
        """
        known = _each(self._devices_of_files(task))
        return _each((*known, *self._volumes_of_pod(task))) if known else ()

    def of_kernel_thread(self, task: Task) -> Device | None:
        """From the name of a kernel thread; a user's process may call itself anything."""
        if not task.process.kernel_thread:
            return None
        for pattern in _THREAD_NAMES:
            match = pattern.search(task.look.comm)
            if match and match.groupdict().get("maj_min"):
                return self.by_name.get(match["maj_min"]) or Device(match["maj_min"])
            if match:
                return self.named(match["name"])
        return self._of_fuse_backing(task)

    def mounted(self, path: str) -> Mount | None:
        """The mount a file is on."""
        return next((mount for mount in self.mounts if _on(path, mount.point)), None)

    def mounts_on(self, device: Device) -> tuple[str, ...]:
        """Mount points of its filesystem."""
        return tuple(sorted({mount.point for mount in self.mounts if self._device_of(mount) == device}))

    def _is_node(self, target: str) -> bool:
        return target.startswith("/dev/") and (_short(target) in self.by_name or bool(_BLOCK_NODE.match(target)))

    def _devices_of_files(self, task: Task) -> Iterator[Device]:
        for link in task.suspect.fds if task.suspect else ():
            on_disk = link.target.startswith("/") and not link.target.startswith(_PSEUDO)
            mount = self.mounted(link.target) if on_disk else None
            device = self._device_of(mount) if mount else None
            if device:
                yield device

    def _volumes_of_pod(self, task: Task) -> Iterator[Device]:
        uid = container_of(cgroup_of(task.suspect) or "").pod_uid
        for mount in self.mounts:
            device = self._device_of(mount) if uid and f"/pods/{uid}/" in mount.point else None
            if device:
                yield device

    def _device_of(self, mount: Mount) -> Device | None:
        if mount.maj_min in self.by_name:
            return self.by_name[mount.maj_min]
        # btrfs and overlays have an anonymous device number: only the source names the block device.
        return self.named(mount.source) if _BLOCK_NODE.match(mount.source) else None

    def _of_fuse_backing(self, task: Task) -> Device | None:
        """A kernel thread without a telling name that waits for FUSE serves the one loop device backed by FUSE."""
        if task.wait.waits_for != "fuse":
            return None
        backed = _each(device for device in self.by_name.values() if self._backed_by_fuse(device))
        return backed[0] if len(backed) == 1 else None

    def _backed_by_fuse(self, device: Device) -> bool:
        if device.rbd and device.rbd.proof == "rbd-fuse":
            return True
        mount = self.mounted(device.block.backing_file) if device.block and device.block.backing_file else None
        return bool(mount and mount.fstype.startswith("fuse"))


def _over_rbd(blocks: tuple[BlockDevice, ...], known: DeviceIndex) -> dict[str, Device]:
    """dm, md and loop devices that are made of one rbd image and nothing else: who waits for them waits for it.

    A suspended one is the trouble itself; one of several parts may hang by any of them, so it keeps its own name.
    """
    by_name = {block.name: block for block in blocks}
    found: dict[str, Device] = {}
    for block in blocks:
        part, steps = block, 0
        while len(part.below) == 1 and not part.suspended and steps < len(blocks):
            lower = known.named(part.below[0])
            if lower.rbd:
                found.update(dict.fromkeys((block.name, block.maj_min, *map(_short, block.nodes)), lower))
                break
            part, steps = by_name.get(lower.name, BlockDevice(name="", maj_min="")), steps + 1
    return found


def _short(path: str) -> str:
    return path.removeprefix("/dev/")


def _rbd_by_node(rbds: Iterable[RbdDevice], block: BlockDevice) -> RbdDevice | None:
    return next((rbd for rbd in rbds if rbd.device in block.nodes), None)


def _on(path: str, point: str) -> bool:
    return point == "/" or path == point or path.startswith(point.rstrip("/") + "/")


def _each(devices: Iterable[Device]) -> tuple[Device, ...]:
    return tuple({device.name: device for device in devices}.values())
