"""Block devices, their nodes, rbd images and mounts.

```
/sys/block/loop3/dev:7:3
/sys/block/loop3/loop/backing_file:/mnt/rbd/vol1
/sys/block/dm-0/slaves/rbd0/dev:252:0
/sys/block/nbd3/pid:6921
/sys/fs/fuse/connections/45/waiting:3
/sys/bus/rbd/devices/0/pool:rbd
brw-rw---- 1 0 6 7, 3 Nov 21 19:37 /dev/rbd3
36 25 0:45 / /mnt/rbd rw,nosuid - fuse.rbd-fuse rbd-fuse rw,user_id=0
```
"""

import re
from collections import defaultdict

from nornir_hygiene.models.host import BlockDevice, CephClient, FuseConnection, Mount, RbdDevice
from nornir_hygiene.parse.fields import unsigned

_BLOCK = re.compile(r"/sys/block/([^/]+)/(dev|inflight|loop/backing_file|dm/name|dm/suspended|pid):(.*)")
_SLAVE = re.compile(r"/sys/block/([^/]+)/slaves/([^/]+)/dev:\d{1,7}:\d{1,7}")
_FUSE = re.compile(r"/sys/fs/fuse/connections/(\d{1,9})/waiting:(\d{1,9})")
_RBD = re.compile(r"/sys/bus/rbd/devices/(\d{1,9})/(\w+):(.*)")
_NODE = re.compile(r"b[-rwxsStT]{9}\S*\s+\d+\s+\d+\s+\d+\s+(\d+),\s*(\d+)\s+\S+\s+\S+\s+\S+ (/dev/\S+)")
_OCTAL = re.compile(r"\\([0-7]{3})")
_MAJ_MIN = re.compile(r"\d{1,7}:\d{1,7}")
_OSDC = re.compile(r"/sys/kernel/debug/ceph/([^/]+)/osdc:(.*)")


def parse_nodes(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """MAJ:MIN -> device nodes, from `ls -ln`; character devices are not block devices and left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        match = _NODE.fullmatch(line)
        if match:
            found[f"{int(match[1])}:{int(match[2])}"].append(match[3])
    return {number: tuple(nodes) for number, nodes in found.items()}


def parse_block_devices(
    lines: list[str], nodes: dict[str, tuple[str, ...]], cmdlines: dict[int, tuple[str, ...]] | None = None
) -> tuple[BlockDevice, ...]:
    """The block devices that matter: a node of it is open, requests in flight, a backing file, made of others.

    Of a second look at `inflight`, further down in the lines, the smaller numbers count: who had requests in both
    hangs, or works without a pause.
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    below: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        match, slave = _BLOCK.fullmatch(line), _SLAVE.fullmatch(line)
        if match:
            again = " again" if match[2] in found[match[1]] else ""
            found[match[1]].setdefault(match[2] + again, match[3])
        elif slave:
            below[slave[1]].append(slave[2])
    made = (_block_device(name, files, nodes, tuple(below[name])) for name, files in sorted(found.items()))
    return tuple(_with_client(device, cmdlines or {}) for device in made if device is not None)


def _with_client(device: BlockDevice, cmdlines: dict[int, tuple[str, ...]]) -> BlockDevice:
    """With the command line of who connected it, unless that one has ended and its pid is another device's client."""
    words = cmdlines.get(device.client_pid or 0, ())
    named = any(word.removeprefix("/dev/") == device.name for word in words)
    return device.model_copy(update={"client": words}) if named else device


def parse_fuse_connections(lines: list[str]) -> tuple[FuseConnection, ...]:
    """Every FUSE connection with how many requests wait in it."""
    matches = (_FUSE.fullmatch(line) for line in lines)
    return tuple(FuseConnection(minor=int(match[1]), waiting=int(match[2])) for match in matches if match)


def _counts(text: str) -> tuple[int, int] | None:
    """Reads and writes in flight."""
    numbers = [unsigned(word) for word in text.split()]
    return (numbers[0] or 0, numbers[1] or 0) if len(numbers) == 2 and None not in numbers else None


def _block_device(
    name: str, files: dict[str, str], nodes: dict[str, tuple[str, ...]], below: tuple[str, ...]
) -> BlockDevice | None:
    number = files.get("dev", "").strip()
    if not _MAJ_MIN.fullmatch(number):
        return None
    looks = [look for look in (_counts(files.get(key, "")) for key in ("inflight", "inflight again")) if look]
    in_flight = min(looks, key=sum, default=None)
    backing = files.get("loop/backing_file")
    if number not in nodes and not backing and not below and not any(in_flight or ()):
        return None
    return BlockDevice(
        name=name,
        maj_min=number,
        nodes=nodes.get(number, ()),
        in_flight=in_flight,
        backing_file=backing,
        below=below,
        label=files.get("dm/name"),
        suspended=files.get("dm/suspended", "").strip() == "1",
        client_pid=unsigned(files.get("pid", "").strip()),
    )


def parse_mounts(lines: list[str]) -> tuple[Mount, ...]:
    """Mounts from lines of mountinfo (proc(5)); octal escapes are undone."""
    made = (_mount(line) for line in lines)
    return tuple(mount for mount in made if mount is not None)


def _mount(line: str) -> Mount | None:
    left, dash, right = line.partition(" - ")
    before, after = left.split(" "), right.split(" ")
    if not dash or len(before) < 6 or len(after) < 2 or not _MAJ_MIN.fullmatch(before[2]):
        return None
    return Mount(maj_min=before[2], point=_unescape(before[4]), fstype=after[0], source=_unescape(after[1]))


def _unescape(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def parse_rbd_sysfs(lines: list[str], osdc: list[str]) -> tuple[RbdDevice, ...]:
    """Kernel rbd devices with the requests of their client (debugfs osdc; several devices may share one client)."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in lines:
        match = _RBD.fullmatch(line)
        if match:
            found[match[1]].setdefault(match[2], match[3].strip())
    return tuple(_rbd_device(number, files, osdc) for number, files in sorted(found.items()))


def parse_ceph_clients(osdc: list[str]) -> tuple[CephClient, ...]:
    """Every client of the kernel with its requests: while an image is mapped there is no device yet."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in filter(None, map(_OSDC.fullmatch, osdc)):
        found[row[1]].append(row[2])
    return tuple(CephClient(name=name, osdc=tuple(lines)) for name, lines in sorted(found.items()))


def _rbd_device(number: str, files: dict[str, str], osdc: list[str]) -> RbdDevice:
    client = f"{files.get('cluster_fsid', '?')}.{files.get('client_id', '?')}"
    rows = (_OSDC.fullmatch(line) for line in osdc)
    return RbdDevice(
        device=f"/dev/rbd{number}",
        maj_min=f"{files.get('major', '0')}:{files.get('minor', '0')}",
        pool=files.get("pool") or None,
        image=files.get("name") or None,
        proof="sysfs",
        client=client,
        client_address=files.get("client_addr") or None,
        osdc=tuple(row[2] for row in rows if row and row[1] == client),
    )


def parse_cmdlines(lines: list[str]) -> dict[int, tuple[str, ...]]:
    """pid -> arguments; the probe sent the NUL between them as the unit separator."""
    found: dict[int, tuple[str, ...]] = {}
    for line in lines:
        path, _, text = line.partition(":")
        pid = unsigned(path.removesuffix("/cmdline"))
        if pid is not None:
            found[pid] = tuple(text.removesuffix("\x1f").split("\x1f"))
    return found


def rbd_fuse_devices(
    devices: tuple[BlockDevice, ...], mounts: tuple[Mount, ...], cmdlines: dict[int, tuple[str, ...]]
) -> tuple[RbdDevice, ...]:
    """Loop devices over a file of an rbd-fuse mount: the file is the image, the daemon's `-p` is the pool."""
    made: list[RbdDevice] = []
    for device in devices:
        mount = _rbd_fuse_mount(device.backing_file or "", mounts)
        if mount is not None and device.backing_file:
            made.append(
                RbdDevice(
                    device=device.nodes[0] if device.nodes else f"/dev/{device.name}",
                    maj_min=device.maj_min,
                    pool=_pool_of(mount.point, cmdlines),
                    image=device.backing_file.rpartition("/")[2],
                    proof="rbd-fuse",
                )
            )
    return tuple(made)


def _rbd_fuse_mount(file: str, mounts: tuple[Mount, ...]) -> Mount | None:
    folder = file.rpartition("/")[0]
    matching = (mount for mount in mounts if mount.fstype == "fuse.rbd-fuse" and mount.point == folder)
    return next(matching, None)


def _pool_of(point: str, cmdlines: dict[int, tuple[str, ...]]) -> str | None:
    """rbd-fuse(8): `-p`, `--poolname` names the pool, "rbd" by default; the mount point is the first plain argument."""
    for words in cmdlines.values():
        if point not in words and point + "/" not in words:
            continue
        for flag, value in zip(words, [*words[1:], ""], strict=True):
            if flag in ("-p", "--poolname"):
                return value
            if flag.startswith("--poolname="):
                return flag.partition("=")[2]
        return "rbd"
    return None
